import type { Bus } from '#eventing/bus';
import { formatPosition } from '#eventing/position';
import { onNotices, type CheckpointNotice } from '#readmodel/notice';

/** A read model as the process that writes it tells of it. */
export interface WatchedProjection {
  readonly projection: string;
  /** `silent`: the process that writes it has not been heard for a while. */
  readonly state: CheckpointNotice['state'] | 'silent';
  readonly position: string;
  /** For how long its readers have missed events; of a silent one, as far as that was known. */
  readonly ageSeconds: number;
}

/** Each projection is told of once a second. */
const SILENT_MS = 5_000;

/** What the processes that write read models tell of them, as long as this process has been listening. */
export class ProjectionWatch {
  readonly #heard = new Map<string, { notice: CheckpointNotice; at: number }>();
  readonly #stop: () => void;
  readonly #now: () => number;

  constructor(bus: Pick<Bus, 'onNotice'>, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#stop = onNotices(bus, (projection, notice) => {
      const before = this.#heard.get(projection);
      // A former holder of the lease may go on talking for a moment.
      if (before !== undefined && notice.token < before.notice.token && !this.#isSilent(before.at)) return;
      this.#heard.set(projection, { notice, at: now() });
    });
  }

  stop(): void {
    this.#stop();
  }

  /** By name. */
  all(): WatchedProjection[] {
    return [...this.#heard]
      .map(([projection, { notice, at }]) => ({
        projection,
        state: this.#isSilent(at) ? ('silent' as const) : notice.state,
        position: formatPosition(notice.epoch, notice.seq),
        ageSeconds: notice.ageSeconds,
      }))
      .sort((one, other) => one.projection.localeCompare(other.projection));
  }

  #isSilent(at: number): boolean {
    return this.#now() - at > SILENT_MS;
  }
}
