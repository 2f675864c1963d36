import type { Logger } from 'pino';
import type { Bus } from '#eventing/bus';
import type { EventLog } from '#eventing/event-log';
import type { Database } from '#readmodel/database';
import { Projector, type ProjectorStatus } from '#readmodel/projector';
import type { Check, Readiness } from '#service/readiness';
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
  const projectors = [
    new Projector({ ...shared, projection: formsProjection }),
    new Projector({ ...shared, projection: submissionsProjection }),
  ] as const;
  const names = [formsProjection.name, submissionsProjection.name];
  for (const [index, projector] of projectors.entries()) {
    readiness.add(`projection ${names[index]}`, () => checkOf(projector.status()));
    projector.start();
  }
  return {
    async stop() {
      await Promise.all(projectors.map((projector) => projector.stop()));
    },
  };
}

/** A projection that halted or waits does not keep requests away: writes go on, and reads say their age. */
function checkOf({ state, position, lag, reason }: ProjectorStatus): Check {
  const detail = [state, position && `at ${position}`, lag > 0 && `${lag} behind`, reason]
    .filter(Boolean)
    .join(', ');
  return { ok: true, degraded: state === 'halted' || state === 'waiting', detail };
}
