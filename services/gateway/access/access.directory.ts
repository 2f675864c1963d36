import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Problem } from '#contracts/errors';
import { families } from '#contracts/subjects';
import type { EventLog, LogBatch } from '#eventing/event-log';
import {
  foldAccess,
  type AccessEvent,
  type Directory,
  type KeyRecord,
  type WorkspaceRecord,
} from './access.fold.ts';

const FILTERS = [families.workspace, families.access];
const RETRY_MS = 1_000;
const CATCH_UP_MS = 2_000;

/**
 * Keys and workspaces, folded into memory from the log: authenticating a request asks nobody. A change made by
 * any gateway process is known in the others within milliseconds. What cannot be folded is not passed over, since it
 * may revoke a key: requests are refused until it can.
 */
export class AccessDirectory {
  readonly #log: EventLog;
  readonly #logger: Logger;
  readonly #directory: Directory = { keys: new Map(), workspaces: new Map() };
  readonly #stopping = new AbortController();
  #seq = 0;
  #following: Promise<void> | undefined;
  #progress = Promise.withResolvers<void>();
  #round: Promise<void> = Promise.resolve();
  #nextRound: Promise<void> | undefined;
  #complete = false;

  constructor(log: EventLog, logger: Logger) {
    this.#log = log;
    this.#logger = logger;
  }

  /** Whether all that was in the log at start has been folded; requests are refused before. */
  get complete(): boolean {
    return this.#complete;
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

  key(id: string): KeyRecord | undefined {
    return this.#directory.keys.get(id);
  }

  workspace(id: string): WorkspaceRecord | undefined {
    return this.#directory.workspaces.get(id);
  }

  /** The keys of a workspace, the newest first. */
  keysOf(workspace: string): KeyRecord[] {
    return [...this.#directory.keys.values()]
      .filter((key) => key.workspace === workspace)
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id));
  }

  /**
   * Catches up with the log as it is now: asked for before a key is called unknown, since another process may just
   * have created it. Callers share the next round, so a flood of bad keys costs one question at a time; nobody joins
   * a round that began before, whose answer may be older than what the caller has seen.
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
    const target = await this.#log.lastSeq();
    for (;;) {
      // Taken before the log is asked: a batch that arrives meanwhile is not missed.
      const progress = this.#progress.promise;
      if (this.#seq >= target) return;
      if (!(await this.#log.hasPending(FILTERS, this.#seq, target))) {
        // So that the next question does not go over the same stretch of the log.
        this.#seq = Math.max(this.#seq, target);
        return;
      }
      await Promise.race([progress, rejection(patience)]);
    }
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        for await (const batch of this.#log.follow({ filters: FILTERS, after: this.#seq, signal }))
          this.#take(batch);
      } catch (error) {
        this.#complete = false;
        this.#logger.error(
          { err: error, seq: this.#seq },
          'the access directory cannot read the log; requests are refused until it can',
        );
        await setTimeout(RETRY_MS, undefined, { signal }).catch(() => undefined); // ended by the stop
      }
    }
  }

  #take({ events, lastSeq, pending }: LogBatch): void {
    for (const event of events) {
      if (!event.known) throw new Error(`${event.type} at ${event.position} is not known to this gateway`);
      foldAccess(this.#directory, event as AccessEvent);
      this.#seq = Math.max(this.#seq, event.seq);
    }
    this.#seq = Math.max(this.#seq, lastSeq);
    this.#complete ||= pending === 0;
    const { resolve } = this.#progress;
    this.#progress = Promise.withResolvers();
    resolve();
  }
}

/** Rejects when the patience ends. */
function rejection(patience: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => {
      reject(
        new Problem('service_unavailable', 'the gateway cannot catch up with its keys', { retryAfter: 1 }),
      );
    };
    if (patience.aborted) end();
    else patience.addEventListener('abort', end, { once: true });
  });
}
