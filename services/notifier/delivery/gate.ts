import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleType,
  noJitterGenerator,
  type CircuitBreakerPolicy,
  type IBackoff,
  type IBackoffFactory,
} from 'cockatiel';

/** What an attempt means for the endpoint. */
interface Outcome {
  readonly ok: boolean;
  readonly throttleMs?: number | undefined;
}

export interface GateOptions {
  /** Attempts at the same time while all is well. */
  readonly width: number;
  /** Called when more may be let through than before. */
  readonly onOpen: () => void;
  readonly breakAfter?: number;
  /** The first pause of an open circuit; later ones grow to `maxPauseMs`. */
  readonly pauseMs?: number;
  readonly maxPauseMs?: number;
}

/** Thrown into the breaker for an attempt that failed; nobody sees it. */
class Failed extends Error {}

/**
 * How many attempts at one endpoint may be under way. A circuit breaker closes it after failures in a row, and lets a
 * single probe through when its pause is over; an endpoint that asks for it is left alone for a while, and then gets one
 * request at a time, two, four ... for as long as they succeed.
 */
export class Gate {
  readonly #width: number;
  readonly #onOpen: () => void;
  readonly #breaker: CircuitBreakerPolicy;
  #limit: number;
  #pausedUntil = 0;
  #probeAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ width, onOpen, breakAfter = 5, pauseMs = 5_000, maxPauseMs = 300_000 }: GateOptions) {
    this.#width = width;
    this.#limit = width;
    this.#onOpen = onOpen;
    const pauses = { initialDelay: pauseMs, maxDelay: maxPauseMs, generator: noJitterGenerator };
    this.#breaker = circuitBreaker(handleType(Failed), {
      breaker: new ConsecutiveBreaker(breakAfter),
      halfOpenAfter: this.#noting(new ExponentialBackoff(pauses)),
    });
  }

  /** How many attempts may be under way now; with 0 nothing is to be fetched for the endpoint either. */
  get allowed(): number {
    const now = Date.now();
    if (now < this.#pausedUntil) return 0;
    switch (this.#breaker.state) {
      case CircuitState.Closed:
        return this.#limit;
      case CircuitState.HalfOpen:
        return 1;
      default:
        return now < this.#probeAt ? 0 : 1;
    }
  }

  /**
   * Makes one attempt; undefined, without one, when the gate is closed.
   *
   * @param attempt tells whether it succeeded, and for how long the endpoint wants to be left alone. What it throws
   *   counts neither way
   */
  async pass<T extends Outcome>(attempt: () => Promise<T>): Promise<T | undefined> {
    if (this.allowed === 0) return undefined;
    let result: T | undefined;
    try {
      await this.#breaker.execute(async () => {
        result = await attempt();
        if (!result.ok) throw new Failed();
      });
      this.#limit = Math.min(this.#width, this.#limit * 2);
    } catch (error) {
      if (error instanceof BrokenCircuitError) return undefined;
      if (!(error instanceof Failed)) throw error;
      if (result?.throttleMs !== undefined) this.#pause(result.throttleMs);
    } finally {
      this.#wakeLater();
    }
    return result;
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #pause(ms: number): void {
    this.#limit = 1;
    this.#pausedUntil = Math.max(this.#pausedUntil, Date.now() + ms);
  }

  /** Nothing comes of itself when a pause is over. */
  #wakeLater(): void {
    if (this.allowed > 0) return this.#onOpen();
    clearTimeout(this.#timer);
    const at = Math.max(this.#pausedUntil, this.#breaker.state === CircuitState.Open ? this.#probeAt : 0);
    this.#timer = setTimeout(() => this.#wakeLater(), Math.max(1, at - Date.now()));
    this.#timer.unref();
  }

  /** The breaker keeps to itself when it will let a probe through; here it is noted. */
  #noting(factory: IBackoffFactory<unknown>): IBackoffFactory<unknown> {
    return {
      next: (context): IBackoff<unknown> => {
        const backoff = factory.next(context);
        // A little later than the breaker's own clock, which starts after this one.
        this.#probeAt = Date.now() + backoff.duration + 5;
        return { duration: backoff.duration, next: (again) => this.#noting(backoff).next(again) };
      },
    };
  }
}
