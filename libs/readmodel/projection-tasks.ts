import type { z } from 'zod';
import type { Keeper, ProjectionRebuilt, ProjectionVerification } from '#contracts/operations/projections';
import { projectionRebuildTasks } from '#contracts/operations/projection-rebuild.task';
import { projectionVerifyTasks } from '#contracts/operations/projection-verify.task';
import { handle, type HandledTask, type TaskContext } from '#eventing/task/context';
import type { Database } from './database.ts';
import type { KeptProjection } from './projection.ts';
import { rebuild } from './rebuild.ts';
import { verify } from './verify.ts';

export interface ProjectionTasksOptions {
  readonly database: Database;
  /** All that the service keeps: tasks name any of them. */
  readonly kept: readonly KeptProjection[];
}

type Context = Pick<TaskContext, 'signal' | 'progress'>;

/** How the worker of a service verifies and rebuilds the read models that the service keeps. */
export const projectionTasks = (
  keeper: Keeper,
  { database, kept }: ProjectionTasksOptions,
): readonly HandledTask[] => [
  handle(projectionVerifyTasks[keeper], (payload, context) =>
    verifyOne(database, find(kept, payload.projection), context),
  ),
  handle(projectionRebuildTasks[keeper], (payload, context) =>
    rebuildOne(database, find(kept, payload.projection), context),
  ),
];

async function verifyOne(
  database: Database,
  one: KeptProjection,
  { signal, progress }: Context,
): Promise<z.infer<typeof ProjectionVerification>> {
  const onProgress = byPercent(progress);
  const { differing, ...found } = await verify({ ...one, database, signal, onProgress });
  return { ...found, differing: [...differing] };
}

async function rebuildOne(
  database: Database,
  { projection, log }: KeptProjection,
  { signal, progress }: Context,
): Promise<z.infer<typeof ProjectionRebuilt>> {
  const total = await log.lastSeq();
  const report = byPercent(progress);
  const onProgress = (seq: number): void => report(Math.min(seq, total), total);
  return await rebuild({ database, projection, signal, onProgress });
}

function find(kept: readonly KeptProjection[], name: string): KeptProjection {
  const found = kept.find(({ projection }) => projection.name === name);
  if (!found) throw new Error(`there is no projection ${name}`);
  return found;
}

/** Each report is a record that is synced to disk: one for each hundredth of the way is enough. */
function byPercent(progress: Context['progress']): (done: number, total: number) => void {
  let told = -1;
  return (done, total) => {
    const percent = Math.floor((100 * done) / Math.max(total, 1));
    if (percent === told) return;
    told = percent;
    progress({ done, total, note: 'positions of the log' });
  };
}
