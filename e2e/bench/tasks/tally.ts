/** Counts what was done, and tells when it is as much as somebody waits for. */
export class Tally {
  #done = 0;
  #wanted: { readonly count: number; readonly reached: (at: number) => void } | undefined;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(): void {
    this.#done++;
    this.#look();
  }

  /** Resolves with the time when `count` in all have been done, from the first one on. */
  reach(count: number): Promise<number> {
    return new Promise((reached) => {
      this.#wanted = { count, reached };
      this.#look();
    });
  }

  #look(): void {
    if (this.#wanted === undefined || this.#done < this.#wanted.count) return;
    this.#wanted.reached(this.#now());
    this.#wanted = undefined;
  }
}
