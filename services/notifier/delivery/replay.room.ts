import { Problem } from '#contracts/errors';
import { TASK_ENDS, TASK_STATES } from '#contracts/task/task.records';
import { webhookReplayTask } from '#contracts/webhook/webhook-replay.task';
import type { ReadModel } from '#readmodel/read-model';
import { taskDocumentId, type TaskDocument } from '../task/task.projection.ts';

/** Replays that are not over, of one endpoint and of one workspace. */
const OF_ENDPOINT = 5;
const OF_WORKSPACE = 50;
/** More than the read model lags, as a rule. */
const REMEMBERED_MS = 60_000;

const OPEN = TASK_STATES.filter((state) => !TASK_ENDS.has(state));
const HOW = 'wait until one is, or cancel one: GET /v1/tasks?kind=webhook-replay lists them';

interface Begun {
  readonly workspace: string;
  readonly webhook: string;
  readonly at: number;
  readonly admitted: Promise<void>;
}

/**
 * Bounds how many replays wait. Those to one endpoint are made one after another, and a worker holds so many tasks at a
 * time and no more: without a bound, those that wait for their turn at one endpoint would be all that it holds, and
 * nobody else's would begin.
 *
 * They are counted in the read model, which lags a little, and what this process began is remembered until it is there.
 * So it is a bound and no exact limit: other processes let through some more at the same moment.
 */
export class ReplayRoom {
  readonly #model: Pick<ReadModel<TaskDocument>, 'find'>;
  readonly #begun = new Map<string, Begun>();

  constructor(model: Pick<ReadModel<TaskDocument>, 'find'>) {
    this.#model = model;
  }

  /**
   * Takes room for a task that is to begin; a repeat of the request at the same moment gets what the first one got.
   *
   * @throws Problem `too_many_replays`; `read_model_unavailable`
   */
  take(task: string, asked: Pick<Begun, 'workspace' | 'webhook'>, timeoutMs: number): Promise<void> {
    const now = performance.now();
    for (const [id, { at }] of this.#begun) if (now - at > REMEMBERED_MS) this.#begun.delete(id);
    const id = taskDocumentId(asked.workspace, task);
    const known = this.#begun.get(id);
    if (known !== undefined) return known.admitted;
    const admitted = this.#admit(asked, timeoutMs).catch((error: unknown) => {
      this.#begun.delete(id);
      throw error;
    });
    // At once, so that requests at the same moment see each other.
    this.#begun.set(id, { ...asked, at: now, admitted });
    return admitted;
  }

  async #admit(
    { workspace, webhook }: Pick<Begun, 'workspace' | 'webhook'>,
    timeoutMs: number,
  ): Promise<void> {
    const before = new Map([...this.#begun].filter(([, begun]) => begun.workspace === workspace));
    const found = await this.#model.find(
      {
        ...{ workspace, kind: webhookReplayTask.kind },
        $or: [{ state: { $in: OPEN } }, { _id: { $in: [...before.keys()] } }],
      },
      { limit: OF_WORKSPACE + before.size, maxTimeMs: timeoutMs },
    );
    for (const { _id } of found) before.delete(_id);
    const open = [
      ...found.filter(({ state }) => !TASK_ENDS.has(state)).map(({ about }) => about.webhook),
      ...Array.from(before.values(), (begun) => begun.webhook),
    ];
    if (open.filter((other) => other === webhook).length >= OF_ENDPOINT)
      throw new Problem('too_many_replays', `${OF_ENDPOINT} replays to this webhook are not over: ${HOW}`);
    if (open.length >= OF_WORKSPACE)
      throw new Problem('too_many_replays', `${OF_WORKSPACE} replays of this workspace are not over: ${HOW}`);
  }
}
