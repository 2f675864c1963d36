import type { Logger } from 'pino';
import type { Bus } from '#eventing/bus';
import type { Database } from './database.ts';
import type { KeptProjection } from './projection.ts';
import { Projector, type ProjectorStatus } from './projector.ts';

interface CheckResult {
  readonly ok: true;
  readonly degraded: boolean;
  readonly detail: string;
}

/** Where checks of a process are kept: `Readiness` of libs/service. */
export interface Checks {
  add(name: string, check: () => CheckResult): void;
}

export interface ProjectorsOptions {
  readonly bus: Bus;
  readonly database: Database;
  readonly logger: Logger;
  readonly readiness: Checks;
}

/** Keeps all read models of a service, or stands by to do so, and has them checked; `stop` ends them together. */
export function runProjectors(
  kept: readonly KeptProjection[],
  { readiness, ...shared }: ProjectorsOptions,
): { stop(): Promise<void> } {
  const projectors = kept.map((one) => new Projector({ ...shared, ...one }));
  for (const projector of projectors) {
    readiness.add(`projection ${projector.name}`, () => checkOf(projector.status()));
    projector.start();
  }
  return {
    async stop() {
      await Promise.all(projectors.map((projector) => projector.stop()));
    },
  };
}

/** One that halted or waits does not keep requests away: writes go on, and reads say their age. */
function checkOf({ state, position, lag, reason }: ProjectorStatus): CheckResult {
  const detail = [state, position && `at ${position}`, lag > 0 && `${lag} behind`, reason]
    .filter(Boolean)
    .join(', ');
  return { ok: true, degraded: state === 'halted' || state === 'waiting', detail };
}
