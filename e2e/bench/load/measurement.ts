import type { LoadResult } from './load.ts';

const CREATED = 201;

/** What a load came to. Successes count within the measured time, errors whenever they occur. */
export class Measurement {
  readonly endsAt: number;
  readonly #from: number;
  readonly #seconds: number;
  readonly #latencies: number[] = [];
  readonly #errors: Record<string, number> = {};
  #acceptedInAll = 0;

  /** @param from of `performance.now()` */
  constructor(from: number, seconds: number) {
    this.#from = from;
    this.#seconds = seconds;
    this.endsAt = from + seconds * 1000;
  }

  get isOver(): boolean {
    return performance.now() >= this.endsAt;
  }

  /** An answer, with the time from which it was waited for. */
  answer(status: number, since: number): void {
    if (status !== CREATED) return this.error(`status ${status}`);
    this.#acceptedInAll += 1;
    const now = performance.now();
    if (now < this.#from || now >= this.endsAt) return;
    this.#latencies.push(now - since);
  }

  error(reason: string): void {
    this.#errors[reason] = (this.#errors[reason] ?? 0) + 1;
  }

  result(): LoadResult {
    return {
      accepted: this.#latencies.length,
      acceptedInAll: this.#acceptedInAll,
      seconds: this.#seconds,
      latenciesMs: Float64Array.from(this.#latencies),
      errors: { ...this.#errors },
    };
  }
}
