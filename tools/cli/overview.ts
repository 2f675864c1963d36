import { PROJECTION_NAMES } from '#contracts/operations/projections';
import { SERVICES, type ServiceStatus } from '#contracts/operations/services';
import type { Bus } from '#eventing/bus';
import { DeadLetters } from '#eventing/dead-letters';
import { streamStatuses, type StreamStatus } from '#eventing/stream-status';
import { openTasks } from '#eventing/task/open';
import { callRoll } from '#service/roll-call';
import { ProjectionWatch, type WatchedProjection } from '#services/gateway/operations/projection-watch';
import { pause } from '#eventing/pause';
import { NotFound } from './exit-code.ts';
import type { Session } from './session.ts';
import { taskKinds, type TaskKind } from './task-kinds.ts';

/** Everything at a glance. */
export interface Overview {
  readonly bus: { readonly server: string };
  readonly services: readonly ServiceStatus[];
  readonly streams: readonly StreamStatus[];
  readonly taskKinds: readonly TaskKind[];
  readonly deadLetters: { readonly waiting: number; readonly byDurable: Readonly<Record<string, number>> };
  readonly projections: readonly WatchedProjection[];
}

/** Each projection is told of once a second. */
const SILENT_MS = 3_000;
const POLL_MS = 50;

export async function overviewOf(session: Session): Promise<Overview> {
  if (session.via === 'gateway') return await session.gateway.get<Overview>('/v1/operations/status');
  const bus = await session.bus();
  const streams = await streamStatuses(bus);
  if (!streams.some(({ name }) => name === 'DLQ')) {
    throw new NotFound('this bus has no streams of Formbus: none has ever run on it');
  }
  const letters = new DeadLetters(bus, openTasks(bus, { source: '/formbus/cli' }).tracking);
  const [services, kinds, counts, projections] = await Promise.all([
    callRoll(bus, { expected: SERVICES }),
    taskKinds(session),
    letters.counts(),
    watchedProjections(bus, session.signal),
  ]);
  return {
    bus: { server: bus.nc.info?.version ?? 'unknown' },
    services,
    streams,
    taskKinds: kinds,
    deadLetters: {
      waiting: [...counts.values()].reduce((sum, count) => sum + count, 0),
      byDurable: Object.fromEntries(counts),
    },
    projections,
  };
}

async function watchedProjections(bus: Bus, signal: AbortSignal): Promise<readonly WatchedProjection[]> {
  const watch = new ProjectionWatch(bus, { expected: PROJECTION_NAMES, silentMs: SILENT_MS });
  try {
    while (!watch.complete) if (!(await pause(POLL_MS, signal))) signal.throwIfAborted();
    return watch.all();
  } finally {
    watch.stop();
  }
}
