import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Problem } from '#contracts/errors';
import type { EventLog, LogBatch } from './event-log.ts';
import type { StoredEvent } from './stored-event.ts';

export interface FoldFollowerOptions {
  readonly log: EventLog;
  readonly logger: Logger;
  /** What is folded, for logs and problems: `the endpoints`. */
  readonly name: string;
  readonly filters: readonly string[];
  /** Takes one event into memory. What it throws stops the fold there until it can be folded. */
  readonly fold: (event: StoredEvent) => void;
}

const RETRY_MS = 1_000;
const CATCH_UP_MS = 2_000;

/**
 * A fold of the log in memory, for what every process needs at hand. It begins at the log's first event, follows it for
 * ever, and passes nothing over: at an event that it can't fold it stands still, says so, and tries again.
 */
export class FoldFollower {
  readonly #options: FoldFollowerOptions;
  readonly #stopping = new AbortController();
  #seq = 0;
  #following: Promise<void> | undefined;
  #progress = Promise.withResolvers<void>();
  #round: Promise<void> = Promise.resolve();
  #nextRound: Promise<void> | undefined;
  #complete = false;

  constructor(options: FoldFollowerOptions) {
    this.#options = options;
  }

  /** Whether all that was in the log at start has been folded, and nothing stands in the way. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Everything up to here is folded. */
  get seq(): number {
    return this.#seq;
  }

  /** Resolves when everything that is in the log now has been folded. */
  async start(): Promise<void> {
    this.#following = this.#follow();
    await this.#catchUp(this.#stopping.signal);
    this.#complete = true;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#following;
  }

  /**
   * Catches up with the log as it is now. Callers share the next round, so a flood of them costs one question at a
   * time; nobody joins a round that began before, whose answer may be older than what the caller has seen.
   *
   * @throws Problem `service_unavailable` when the log can't be followed in time, and what reading it throws
   */
  refresh(): Promise<void> {
    this.#nextRound ??= this.#round
      .catch(() => undefined) // told to those who waited for it
      .then(() => {
        this.#nextRound = undefined;
        this.#round = this.#catchUp(AbortSignal.timeout(CATCH_UP_MS));
        return this.#round;
      });
    return this.#nextRound;
  }

  async #catchUp(patience: AbortSignal): Promise<void> {
    const { log, filters } = this.#options;
    const target = await log.lastSeq();
    const late = this.#rejection(patience);
    late.catch(() => undefined); // whoever waits for it is told
    for (;;) {
      // Taken before the log is asked: a batch that arrives meanwhile is not missed.
      const progress = this.#progress.promise;
      if (this.#seq >= target) return;
      if (!(await log.hasPending(filters, this.#seq, target))) {
        // So that the next question does not go over the same stretch of the log.
        this.#seq = Math.max(this.#seq, target);
        return;
      }
      await Promise.race([progress, late]);
    }
  }

  async #follow(): Promise<void> {
    const { log, logger, filters, name } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        for await (const batch of log.follow({ filters, after: this.#seq, signal })) this.#take(batch);
      } catch (error) {
        this.#complete = false;
        logger.error({ err: error, seq: this.#seq }, `${name} cannot be folded from the log; trying again`);
        await setTimeout(RETRY_MS, undefined, { signal }).catch(() => undefined); // ended by the stop
      }
    }
  }

  #take({ events, lastSeq, pending }: LogBatch): void {
    for (const event of events) {
      if (!event.known) throw new Error(`${event.type} at ${event.position} is not known here`);
      this.#options.fold(event);
      this.#seq = Math.max(this.#seq, event.seq);
    }
    this.#seq = Math.max(this.#seq, lastSeq);
    this.#complete ||= pending === 0;
    const { resolve } = this.#progress;
    this.#progress = Promise.withResolvers();
    resolve();
  }

  /** Rejects when the patience ends. */
  #rejection(patience: AbortSignal): Promise<never> {
    return new Promise((_resolve, reject) => {
      const end = (): void => {
        const detail = `${this.#options.name} cannot be brought up to date`;
        reject(new Problem('service_unavailable', detail, { retryAfter: 1 }));
      };
      if (patience.aborted) end();
      else patience.addEventListener('abort', end, { once: true });
    });
  }
}
