import type { Database } from '#readmodel/database';
import type { Identified, Projection } from '#readmodel/projection';
import { Projector, type ProjectorStatus } from '#readmodel/projector';
import type { Check, Readiness } from '#service/readiness';
import { deliveriesProjection } from './delivery/delivery.projection.ts';
import { mailTemplatesProjection } from './mail/template.projection.ts';
import type { Parts } from './notifier.parts.ts';
import { tasksProjection } from './task/task.projection.ts';

export interface ProjectorDependencies {
  readonly parts: Pick<Parts, 'bus' | 'log' | 'records' | 'logger'>;
  readonly database: Database;
  readonly readiness: Readiness;
}

/** The role `projector`: keeps the read models, or stands by to do so. */
export function startProjectors({ parts, database, readiness }: ProjectorDependencies): {
  stop(): Promise<void>;
} {
  const { bus, log, records, logger } = parts;
  const shared = { bus, database, logger };
  const projectors = [
    named(
      deliveriesProjection,
      new Projector({ ...shared, log: records.deliveries.log, projection: deliveriesProjection }),
    ),
    named(tasksProjection, new Projector({ ...shared, log: records.tasks.log, projection: tasksProjection })),
    named(mailTemplatesProjection, new Projector({ ...shared, log, projection: mailTemplatesProjection })),
  ];
  for (const { name, projector } of projectors) {
    readiness.add(`projection ${name}`, () => checkOf(projector.status()));
    projector.start();
  }
  return {
    async stop() {
      await Promise.all(projectors.map(({ projector }) => projector.stop()));
    },
  };
}

const named = <Doc extends Identified>(
  { name }: Projection<Doc>,
  projector: Projector<Doc>,
): { name: string; projector: Pick<Projector<Doc>, 'status' | 'start' | 'stop'> } => ({ name, projector });

/** A projection that halted or waits does not keep requests away: deliveries go on, and reads say their age. */
function checkOf({ state, position, lag, reason }: ProjectorStatus): Check {
  const detail = [state, position && `at ${position}`, lag > 0 && `${lag} behind`, reason]
    .filter(Boolean)
    .join(', ');
  return { ok: true, degraded: state === 'halted' || state === 'waiting', detail };
}
