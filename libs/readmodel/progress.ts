/** How far a reader of the log has come, after a batch that is durable. */
export interface Step {
  readonly seq: number;
  /** Messages on the projection's subjects that were still to come. */
  readonly pending: number;
  /** Milliseconds since 1970 of the last event in the batch, if there was one. */
  readonly eventTime?: number;
}

/** Lag of one generation: in events still to be folded, and in seconds for which its readers have missed them. */
export class Progress {
  readonly #now: () => number;
  #seq: number;
  #pending: number;
  #asOf: number;

  /**
   * @param asOf milliseconds since 1970 until when the documents hold everything there was
   */
  constructor(start: { seq: number; asOf: number }, now: () => number = Date.now) {
    this.#now = now;
    this.#seq = start.seq;
    this.#asOf = start.asOf;
    this.#pending = Infinity;
  }

  get seq(): number {
    return this.#seq;
  }

  /** Whether the last step left nothing to be folded. */
  get caughtUp(): boolean {
    return this.#pending === 0;
  }

  /** Milliseconds since 1970 until when the documents hold everything there was, once a step is durable. */
  asOfAfter({ pending, eventTime }: Step): number {
    const now = this.#now();
    if (pending === 0) return now;
    return Math.max(this.#asOf, Math.min(eventTime ?? 0, now));
  }

  record(step: Step): void {
    this.#asOf = this.asOfAfter(step);
    this.#seq = step.seq;
    this.#pending = step.pending;
  }

  /** The reader still waits, connected, for the next event: what it holds is everything until now. */
  idle(): void {
    if (this.caughtUp) this.#asOf = this.#now();
  }

  /** The reader stands still while the log has grown to `lastSeq`. */
  stall(lastSeq: number): void {
    this.#pending = Math.max(0, lastSeq - this.#seq);
  }

  /** Positions behind the end of the log, as far as known. */
  get lag(): number {
    return Number.isFinite(this.#pending) ? this.#pending : 0;
  }

  get asOf(): number {
    return this.#asOf;
  }

  get lagSeconds(): number {
    return this.caughtUp ? 0 : Math.max(0, this.#now() - this.#asOf) / 1000;
  }
}
