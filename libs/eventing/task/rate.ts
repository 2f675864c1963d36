import { setTimeout as delay } from 'node:timers/promises';

/** Lets so many through in each window of so many milliseconds; the others wait for their turn, in order. */
export class RateLimit {
  readonly #tasks: number;
  readonly #perMs: number;
  readonly #now: () => number;
  /** When each of the last `tasks` goes, or went. */
  readonly #turns: number[] = [];

  constructor(
    { tasks, perMs }: { tasks: number; perMs: number },
    now: () => number = () => performance.now(),
  ) {
    this.#tasks = tasks;
    this.#perMs = perMs;
    this.#now = now;
  }

  /** Milliseconds until the turn of whoever asks now; the turn is theirs. */
  reserve(): number {
    const now = this.#now();
    const oldest = this.#turns.length < this.#tasks ? undefined : this.#turns.shift();
    const turn = oldest === undefined ? now : Math.max(now, oldest + this.#perMs);
    this.#turns.push(turn);
    return turn - now;
  }

  /** Resolves when it is the caller's turn; rejects when the signal aborts. */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const waitMs = this.reserve();
    if (waitMs > 0) await delay(waitMs, undefined, { signal });
  }
}
