import { setTimeout as delay } from 'node:timers/promises';
import { startChild, type Child } from '../../bench/child.ts';
import { now } from './journal.ts';
import type { WorkerOrder } from './worker.process.ts';

/** A worker that was ended by SIGKILL, by whomever. */
export interface Death {
  readonly pid: number;
  readonly at: number;
}

const LOOK_MS = 20;

/** Worker processes, each replaced when it is gone, whoever killed it. */
export class Crew {
  readonly deaths: Death[] = [];
  readonly #servers: string;
  readonly #folder: string;
  readonly #stopping = new AbortController();
  readonly #alive = new Set<Child>();
  readonly #posts: Promise<unknown>;

  constructor({ servers, folder, size }: { servers: string; folder: string; size: number }) {
    this.#servers = servers;
    this.#folder = folder;
    this.#posts = Promise.all(Array.from({ length: size }, () => this.#post()));
    this.#posts.catch(() => undefined); // thrown to whoever stops the crew
  }

  /** Resolves when so many are at work. @throws when the signal aborts, or a worker can't be started */
  async manned(count: number, signal: AbortSignal): Promise<void> {
    const failed = this.#posts.then(() => undefined);
    while (this.#alive.size < count) await Promise.race([failed, delay(LOOK_MS, undefined, { signal })]);
  }

  /** SIGKILL to one of them; false when none is at work. */
  kill(random: () => number): boolean {
    const victim = [...this.#alive][Math.floor(random() * this.#alive.size)];
    if (victim === undefined) return false;
    process.kill(victim.pid, 'SIGKILL');
    this.#died(victim);
    return true;
  }

  /** Lets each end what it has in hand; nobody is replaced. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#posts;
  }

  #died(child: Child): void {
    if (!this.#alive.delete(child) || this.#stopping.signal.aborted) return;
    this.deaths.push({ pid: child.pid, at: now() });
  }

  async #post(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const child = await startChild(import.meta.dirname, 'worker.process');
      try {
        await child.ask({ do: 'start', servers: this.#servers, folder: this.#folder } satisfies WorkerOrder);
        this.#alive.add(child);
        while (!signal.aborted && isAlive(child.pid)) await delay(LOOK_MS);
        if (isAlive(child.pid)) await child.ask({ do: 'stop' } satisfies WorkerOrder);
      } catch (error) {
        // It ended before it was asked, or while nats-server was away; a supervisor would start it again as well.
        if (isAlive(child.pid)) throw error;
      } finally {
        this.#died(child);
        await child.stop();
      }
    }
  }
}

/** Our own child: its process id is nobody else's before we have seen its end. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
