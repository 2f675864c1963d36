import { DeadLetters } from '#eventing/dead-letters';
import { formatPosition } from '#eventing/position';
import { streamStatuses, type StreamStatus } from '#eventing/stream-status';
import { openTasks } from '#eventing/task/open';
import { onNotices, type CheckpointNotice } from '#readmodel/notice';
import type { Bus } from '#eventing/bus';
import { paused } from '../process/pause.ts';
import { NotFound } from './exit-code.ts';
import { serviceStatuses, type ServiceStatus } from './services.ts';
import type { Session } from './session.ts';
import { taskKinds, type TaskKind } from './task-kinds.ts';

/** A read model as the process that writes it tells of it. */
export interface ToldProjection {
  readonly projection: string;
  readonly state: 'live' | 'behind' | 'halted' | 'silent';
  readonly position: string;
  readonly ageSeconds: number;
}

/** Everything at a glance. */
export interface Overview {
  readonly bus: { readonly server: string };
  /** Known where the bus is asked. */
  readonly services?: readonly ServiceStatus[];
  readonly streams: readonly StreamStatus[];
  readonly taskKinds: readonly TaskKind[];
  readonly deadLetters: { readonly waiting: number; readonly byDurable: Readonly<Record<string, number>> };
  readonly projections: readonly ToldProjection[];
}

/** Each projection is told of once a second. */
const LISTEN_MS = 1500;

export async function overviewOf(session: Session): Promise<Overview> {
  if (session.via === 'gateway') return await session.gateway.get<Overview>('/v1/operations/status');
  const bus = await session.bus();
  const streams = await streamStatuses(bus);
  if (!streams.some(({ name }) => name === 'DLQ')) {
    throw new NotFound('this bus has no streams of Formbus: none has ever run on it');
  }
  const letters = new DeadLetters(bus, openTasks(bus, { source: '/formbus/cli' }).tracking);
  const [services, kinds, counts, projections] = await Promise.all([
    serviceStatuses(bus, session.places),
    taskKinds(session),
    letters.counts(),
    toldProjections(bus, session.signal),
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

/** What is told of projections while this listens; of one that nobody tells of, nothing is known. */
async function toldProjections(bus: Bus, signal: AbortSignal): Promise<readonly ToldProjection[]> {
  const heard = new Map<string, CheckpointNotice>();
  const stop = onNotices(bus, (projection, notice) => {
    if (notice.token >= (heard.get(projection)?.token ?? 0)) heard.set(projection, notice);
  });
  await paused(LISTEN_MS, signal);
  stop();
  return [...heard]
    .map(([projection, { state, epoch, seq, ageSeconds }]) => ({
      projection,
      state,
      position: formatPosition(epoch, seq),
      ageSeconds,
    }))
    .sort((one, other) => (one.projection < other.projection ? -1 : 1));
}
