import type { Logger } from 'pino';
import type { Bus } from '#eventing/bus';
import type { EventLog } from '#eventing/event-log';
import type { Database } from '#readmodel/database';
import { Projector } from '#readmodel/projector';
import { runProjectors } from '#readmodel/run-projectors';
import type { Readiness } from '#service/readiness';
import { formsProjection } from './form/form.projection.ts';
import { submissionsProjection } from './submission/submission.projection.ts';

export interface ProjectorDependencies {
  readonly bus: Bus;
  readonly log: EventLog;
  readonly database: Database;
  readonly logger: Logger;
  readonly readiness: Readiness;
}

/** The role `projector`: keeps the read models, or stands by to do so. */
export function startProjectors({ readiness, ...shared }: ProjectorDependencies): { stop(): Promise<void> } {
  return runProjectors(
    [
      new Projector({ ...shared, projection: formsProjection }),
      new Projector({ ...shared, projection: submissionsProjection }),
    ],
    readiness,
  );
}
