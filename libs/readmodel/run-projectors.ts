import type { Projector, ProjectorStatus } from './projector.ts';

/** Of projections of any documents. */
type AnyProjector = Pick<Projector<never>, 'name' | 'status' | 'start' | 'stop'>;

interface CheckResult {
  readonly ok: true;
  readonly degraded: boolean;
  readonly detail: string;
}

/** Where checks of a process are kept: `Readiness` of libs/service. */
export interface Checks {
  add(name: string, check: () => CheckResult): void;
}

/** Starts all read models of a service and has them checked; `stop` ends them together. */
export function runProjectors(
  projectors: readonly AnyProjector[],
  readiness: Checks,
): { stop(): Promise<void> } {
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
