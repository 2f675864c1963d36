import { Problem } from '#contracts/errors';
import type { Bus } from '#eventing/bus';
import type { EventLog } from '#eventing/event-log';
import { Checkpoints } from './checkpoint.ts';
import { RETRY_AFTER } from './database-error.ts';
import type { Database } from './database.ts';
import { onNotice } from './notice.ts';
import type { Identified, Projection } from './projection.ts';
import { Notices, type Sight } from './sight.ts';

export interface LookoutOptions {
  readonly database: Database;
  readonly projection: Projection<Identified>;
  readonly log: EventLog;
  readonly bus: Bus;
}

/** For so long what the checkpoint said is taken for the present. */
const LOOK_MS = 1000;

/**
 * Knows which generation is read and how far it is: from the notices of the process that writes it, and when those
 * cease, from the checkpoint.
 */
export class Lookout {
  readonly #options: LookoutOptions;
  readonly #checkpoints: Checkpoints;
  readonly #notices = new Notices();
  readonly #waiters = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #looked: Sight | undefined;
  #looking: Promise<Sight> | undefined;

  constructor(options: LookoutOptions) {
    this.#options = options;
    this.#checkpoints = new Checkpoints(options.database);
    this.#unsubscribe = onNotice(options.bus, options.projection, (notice) => {
      this.#notices.hear(notice, performance.now());
      for (const wake of this.#waiters) wake();
    });
  }

  close(): void {
    this.#unsubscribe();
  }

  /** @throws Problem `read_model_unavailable` when nothing has been built yet, or MongoDB is away and nobody tells */
  async look(): Promise<Sight> {
    const now = performance.now();
    const heard = this.#notices.latest(now);
    if (heard !== undefined) return heard;
    if (this.#looked !== undefined && now - this.#looked.at <= LOOK_MS) return this.#looked;
    this.#looking ??= this.#lookAtCheckpoint().finally(() => (this.#looking = undefined));
    return (this.#looked = await this.#looking);
  }

  /** Resolves with the next notice, and not later than in so many milliseconds. */
  change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiters.add(done);
    });
  }

  async #lookAtCheckpoint(): Promise<Sight> {
    const { name } = this.#options.projection;
    const pointer = await this.#checkpoints.pointer(name);
    const active = pointer?.active ?? null;
    const checkpoint = active === null ? null : await this.#checkpoints.find(name, active);
    if (checkpoint === null) {
      throw new Problem('read_model_unavailable', 'The read model is being built', {
        retryAfter: RETRY_AFTER,
      });
    }
    const { generation, epoch, seq, halted, asOf } = checkpoint;
    const sight = { generation, epoch, seq, at: performance.now() };
    if (halted === null && (await this.#isComplete(epoch, seq)))
      return { ...sight, state: 'live', ageSeconds: 0 };
    const ageSeconds = Math.max(0, Date.now() - asOf.getTime()) / 1000;
    if (halted === null) return { ...sight, state: 'behind', ageSeconds };
    return { ...sight, state: 'halted', ageSeconds };
  }

  /** Whether the documents hold everything there is, though nobody says so. */
  async #isComplete(epoch: string, seq: number): Promise<boolean> {
    const { log, projection } = this.#options;
    if (epoch !== log.epoch) return false;
    try {
      return !(await log.hasPending(projection.filters, seq, await log.lastSeq()));
    } catch (error) {
      if (error instanceof Problem && error.code === 'bus_unavailable') return false;
      throw error;
    }
  }
}
