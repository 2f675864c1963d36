import type { z } from 'zod';
import type { FollowedTask, listTasks } from '#contracts/task/task.rpc';
import { listPage } from '#readmodel/keyset';
import type { ReadModel } from '#readmodel/read-model';
import type { TaskDocument } from './task.projection.ts';

const LATEST_FIRST = { field: 'queuedAt', descending: true } as const;

/** Lists the tasks of a workspace, the one that was asked for last first. */
export async function queryTasks(
  model: Pick<ReadModel<TaskDocument>, 'find' | 'freshness'>,
  { caller: { workspace }, state, kind, limit, cursor }: z.infer<typeof listTasks.request>,
  timeoutMs: number,
): Promise<z.infer<typeof listTasks.response>> {
  const deadline = performance.now() + timeoutMs;
  const readModel = await model.freshness();
  const conditions = {
    workspace,
    ...(state === null ? {} : { state }),
    ...(kind === null ? {} : { kind }),
  };
  const { items, next } = await listPage(model, { conditions, sort: LATEST_FIRST, limit, cursor, deadline });
  return { items: items.map(describe), next, readModel };
}

function describe(document: TaskDocument): FollowedTask {
  const { _id, workspace: _workspace, expires: _expires, ...state } = document;
  return state;
}
