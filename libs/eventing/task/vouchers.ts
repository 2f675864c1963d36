import { setTimeout as delay } from 'node:timers/promises';

/** Looks at something that grows; gives the sequence up to which it has seen everything, `seq` or later. */
export type Look = (seq: number) => Promise<number>;

interface Voucher {
  readonly seq: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Looks take a tenth of the time at most, unless they are so slow that somebody would wait for longer than that. */
const SHARE = 10;
const LONGEST_PAUSE_MS = 250;

/**
 * Lets many share a look that each of them would have to take after something of its own was stored. Only the latest of
 * them waits for one that sees what it stored, and with it all that was stored before; the others are let go at once.
 * If the process dies, the one that waited comes again elsewhere and has its look there, so it vouches for them all.
 */
export class Vouchers {
  readonly #look: Look;
  readonly #longestPauseMs: number;
  #latest: Voucher | undefined;
  #isLooking = false;

  constructor(look: Look, { longestPauseMs = LONGEST_PAUSE_MS } = {}) {
    this.#look = look;
    this.#longestPauseMs = longestPauseMs;
  }

  /** Resolves when a look has seen `seq`, or somebody waits for one that sees more. Rejects as a look does. */
  wait(seq: number): Promise<void> {
    const before = this.#latest;
    if (before !== undefined && before.seq >= seq) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#latest = { seq, resolve, reject };
      before?.resolve();
      if (!this.#isLooking) void this.#lookOn();
    });
  }

  /** Looks until nobody waits: at once for the first, then with pauses. Never rejects. */
  async #lookOn(): Promise<void> {
    this.#isLooking = true;
    while (this.#latest !== undefined) {
      const began = performance.now();
      try {
        this.#seen(await this.#look(this.#latest.seq));
      } catch (error) {
        this.#take().reject(error);
      }
      if (this.#latest === undefined) break;
      await delay(Math.min(this.#longestPauseMs, (performance.now() - began) * SHARE));
    }
    this.#isLooking = false;
  }

  #seen(upTo: number): void {
    if (this.#latest !== undefined && this.#latest.seq <= upTo) this.#take().resolve();
  }

  /** The one that waits, who then does so no more. */
  #take(): Voucher {
    const voucher = this.#latest as Voucher;
    this.#latest = undefined;
    return voucher;
  }
}
