/** What work in a lane can do with its place. */
export interface Place {
  /**
   * Waits without taking room from others: they may begin meanwhile, but none of the same key. Rejects with what the
   * wait rejects with.
   */
  rest(wait: () => Promise<void>): Promise<void>;
}

interface Waiting {
  readonly key: string;
  /** It has the place of its key already, and wants room again. */
  readonly rested: boolean;
  readonly start: () => void;
}

/**
 * Runs work in lanes: that of one key in the order of its arrival and at most `perKey` at the same time, and at most
 * `width` of all keys together.
 */
export class Lanes {
  readonly #width: number;
  readonly #perKey: number;
  /** Work that has begun and not ended, by key; that which rests is among it. */
  readonly #begun = new Map<string, number>();
  readonly #waiting: Waiting[] = [];
  #active = 0;

  constructor({ width, perKey }: { width: number; perKey: number }) {
    this.#width = width;
    this.#perKey = perKey;
  }

  /** Rejects with the signal's reason when it aborts before the work has begun; then the work never begins. */
  async run<T>(key: string, work: (place: Place) => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#turn(key, false, signal);
    const rest = async (wait: () => Promise<void>): Promise<void> => {
      this.#active--;
      this.#startNext();
      try {
        await wait();
      } finally {
        await this.#turn(key, true);
      }
    };
    try {
      return await work({ rest });
    } finally {
      const left = (this.#begun.get(key) ?? 1) - 1;
      if (left === 0) this.#begun.delete(key);
      else this.#begun.set(key, left);
      this.#active--;
      this.#startNext();
    }
  }

  async #turn(key: string, rested: boolean, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const isBehind = !rested && this.#waiting.some((other) => other.key === key);
    if (!isBehind && this.#admits(key, rested)) return this.#enter(key, rested);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { key, rested, start: resolve };
    const leave = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      reject(signal?.reason as Error);
    };
    // Behind all, rested or not: work that rests over and over would keep out those that wait for the first time.
    this.#waiting.push(waiting);
    signal?.addEventListener('abort', leave, { once: true });
    await promise.finally(() => signal?.removeEventListener('abort', leave));
  }

  #admits(key: string, rested: boolean): boolean {
    if (this.#active >= this.#width) return false;
    return rested || (this.#begun.get(key) ?? 0) < this.#perKey;
  }

  #enter(key: string, rested: boolean): void {
    this.#active++;
    if (!rested) this.#begun.set(key, (this.#begun.get(key) ?? 0) + 1);
  }

  #startNext(): void {
    for (;;) {
      const next = this.#waiting.findIndex(({ key, rested }) => this.#admits(key, rested));
      const [waiting] = next < 0 ? [] : this.#waiting.splice(next, 1);
      if (waiting === undefined) return;
      this.#enter(waiting.key, waiting.rested);
      waiting.start();
    }
  }
}
