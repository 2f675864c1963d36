import type { z } from 'zod';
import type {
  FormsProjection,
  ProjectionRebuilt,
  ProjectionVerification,
} from '#contracts/operations/projections';
import type { EventLog } from '#eventing/event-log';
import type { TaskContext } from '#eventing/task/context';
import type { Database } from '#readmodel/database';
import type { Identified, Projection } from '#readmodel/projection';
import { rebuild } from '#readmodel/rebuild';
import { verify } from '#readmodel/verify';

export interface ProjectionTaskDependencies {
  readonly log: EventLog;
  readonly database: Database;
  readonly projections: readonly Projection<Identified>[];
}

type Context = Pick<TaskContext, 'signal' | 'progress'>;

export async function verifyProjection(
  { log, database, projections }: ProjectionTaskDependencies,
  { projection: name }: { projection: FormsProjection },
  { signal, progress }: Context,
): Promise<z.infer<typeof ProjectionVerification>> {
  const projection = projectionOf(projections, name);
  const { differing, ...found } = await verify({
    log,
    database,
    projection,
    signal,
    onProgress: byPercent(progress),
  });
  return { ...found, differing: [...differing] };
}

export async function rebuildProjection(
  { log, database, projections }: ProjectionTaskDependencies,
  { projection: name }: { projection: FormsProjection },
  { signal, progress }: Context,
): Promise<z.infer<typeof ProjectionRebuilt>> {
  const projection = projectionOf(projections, name);
  const total = await log.lastSeq();
  const report = byPercent(progress);
  return await rebuild({
    database,
    projection,
    signal,
    onProgress: (seq) => report(Math.min(seq, total), total),
  });
}

function projectionOf(projections: readonly Projection<Identified>[], name: string): Projection<Identified> {
  const found = projections.find((projection) => projection.name === name);
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
