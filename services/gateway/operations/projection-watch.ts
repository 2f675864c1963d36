import type { Bus } from '#eventing/bus';
import { formatPosition } from '#eventing/position';
import { onNotices, type CheckpointNotice } from '#readmodel/notice';

/** A read model as the process that writes it tells of it. */
export interface WatchedProjection {
  readonly projection: string;
  /** `silent`: the process that writes it has not been heard for a while. */
  readonly state: CheckpointNotice['state'] | 'silent';
  /** Null where none has been heard of it. */
  readonly position: string | null;
  /** For how long its readers have missed events; of a silent one, as far as that was known. */
  readonly ageSeconds: number | null;
}

export interface ProjectionWatchOptions {
  /** Projections that are silent when nobody tells of them. */
  readonly expected: readonly string[];
  /** Each is told of once a second. */
  readonly silentMs?: number;
  readonly now?: () => number;
}

/** What the processes that write read models tell of them, as long as this process has been listening. */
export class ProjectionWatch {
  readonly #heard = new Map<string, { notice: CheckpointNotice; at: number }>();
  readonly #expected: readonly string[];
  readonly #silentMs: number;
  readonly #now: () => number;
  readonly #since: number;
  readonly #stop: () => void;

  constructor(
    bus: Pick<Bus, 'onNotice'>,
    { expected, silentMs = 5_000, now = () => performance.now() }: ProjectionWatchOptions,
  ) {
    this.#expected = expected;
    this.#silentMs = silentMs;
    this.#now = now;
    this.#since = now();
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

  /** Whether every expected projection is known: it was heard of, or has been silent for long enough. */
  get complete(): boolean {
    return this.#isSilent(this.#since) || this.#expected.every((projection) => this.#heard.has(projection));
  }

  /** By name; expected ones that nobody has told of are among them as soon as they count as silent. */
  all(): WatchedProjection[] {
    const unheard = this.#isSilent(this.#since) ? this.#expected : [];
    return [...new Set([...this.#heard.keys(), ...unheard])].sort().map((projection) => this.#of(projection));
  }

  #of(projection: string): WatchedProjection {
    const heard = this.#heard.get(projection);
    if (heard === undefined) return { projection, state: 'silent', position: null, ageSeconds: null };
    const { notice, at } = heard;
    return {
      projection,
      state: this.#isSilent(at) ? 'silent' : notice.state,
      position: formatPosition(notice.epoch, notice.seq),
      ageSeconds: notice.ageSeconds,
    };
  }

  #isSilent(since: number): boolean {
    return this.#now() - since > this.#silentMs;
  }
}
