/**
 * Runs work in lanes: that of one key in the order of its arrival and at most `perKey` at the same time, and at most
 * `width` of all keys together.
 */
export class Lanes {
  readonly #width: number;
  readonly #perKey: number;
  readonly #running = new Map<string, number>();
  readonly #waiting: { readonly key: string; readonly start: () => void }[] = [];
  #active = 0;

  constructor({ width, perKey }: { width: number; perKey: number }) {
    this.#width = width;
    this.#perKey = perKey;
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (!this.#admits(key) || this.#waiting.some((waiting) => waiting.key === key)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push({ key, start: resolve });
      await promise;
    } else {
      this.#enter(key);
    }
    try {
      return await work();
    } finally {
      this.#leave(key);
    }
  }

  #admits(key: string): boolean {
    return this.#active < this.#width && (this.#running.get(key) ?? 0) < this.#perKey;
  }

  #enter(key: string): void {
    this.#active++;
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
  }

  #leave(key: string): void {
    this.#active--;
    const left = (this.#running.get(key) ?? 1) - 1;
    if (left === 0) this.#running.delete(key);
    else this.#running.set(key, left);
    const next = this.#waiting.findIndex((waiting) => this.#admits(waiting.key));
    if (next < 0) return;
    const [waiting] = this.#waiting.splice(next, 1);
    if (waiting === undefined) return;
    this.#enter(waiting.key);
    waiting.start();
  }
}
