import { Problem } from '#contracts/errors';
import { TASK_ENDS, TASK_STATES } from '#contracts/task/task.records';
import { webhookReplayTask } from '#contracts/webhook/webhook-replay.task';
import type { ReadModel } from '#readmodel/read-model';
import type { TaskDocument } from '../task/task.projection.ts';

/** Replays that are not over, of one endpoint and of one workspace. */
const OF_ENDPOINT = 5;
const OF_WORKSPACE = 50;

const OPEN = TASK_STATES.filter((state) => !TASK_ENDS.has(state));
const HOW = 'wait until one is, or cancel one: GET /v1/tasks?kind=webhook-replay lists them';

/**
 * Replays to one endpoint are made one after another, and a worker holds so many tasks at a time and no more: without a
 * bound, those that wait for their turn at one endpoint would be all that it holds, and nobody else's would begin. The
 * read model lags a little, so this is a bound and no exact limit: requests at the same moment may pass it by some.
 *
 * @throws Problem `too_many_replays`; `read_model_unavailable`
 */
export async function requireRoom(
  model: Pick<ReadModel<TaskDocument>, 'find'>,
  { workspace, webhook }: { readonly workspace: string; readonly webhook: string },
  timeoutMs: number,
): Promise<void> {
  const open = await model.find(
    { workspace, kind: webhookReplayTask.kind, state: { $in: OPEN } },
    { limit: OF_WORKSPACE, maxTimeMs: timeoutMs },
  );
  if (open.filter(({ about }) => about.webhook === webhook).length >= OF_ENDPOINT)
    throw new Problem('too_many_replays', `${OF_ENDPOINT} replays to this webhook are not over: ${HOW}`);
  if (open.length >= OF_WORKSPACE)
    throw new Problem('too_many_replays', `${OF_WORKSPACE} replays of this workspace are not over: ${HOW}`);
}
