import type { Database } from '#readmodel/database';
import { Projector } from '#readmodel/projector';
import { runProjectors } from '#readmodel/run-projectors';
import type { Readiness } from '#service/readiness';
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
  return runProjectors(
    [
      new Projector({ ...shared, log: records.deliveries.log, projection: deliveriesProjection }),
      new Projector({ ...shared, log: records.tasks.log, projection: tasksProjection }),
      new Projector({ ...shared, log, projection: mailTemplatesProjection }),
    ],
    readiness,
  );
}
