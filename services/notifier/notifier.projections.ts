import { streamOf, type KeptProjection } from '#readmodel/projection';
import { PROJECTIONS } from './notifier.module.ts';
import type { Parts } from './notifier.parts.ts';

/** The read models of this service with the logs that they fold: of events, of tasks, of deliveries. */
export function keptProjections({ log, records }: Pick<Parts, 'log' | 'records'>): readonly KeptProjection[] {
  const logs = { EVENTS: log, TASK_EVENTS: records.tasks.log, DELIVERIES: records.deliveries.log };
  return PROJECTIONS.map((projection) => ({ projection, log: logs[streamOf(projection)] }));
}
