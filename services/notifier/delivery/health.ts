const MINUTE = 60_000;

/** After so long of nothing but failures it is said that an endpoint is failing. */
const TELL_MS = MINUTE;
/** After it was said that an endpoint recovered, so long nothing is said of failures. */
const QUIET_MS = 60 * MINUTE;
/** After so long it is disabled, if it failed several times within the last day as well. */
export const PATIENCE_MS = 5 * 24 * 60 * MINUTE;

export type HealthChange =
  | { readonly kind: 'failing'; readonly since: string }
  | { readonly kind: 'recovered' }
  | { readonly kind: 'disable'; readonly reason: 'failing'; readonly failingSince: string };

const DAY_MS = 24 * 60 * MINUTE;
const SEVERAL = 3;

/**
 * Watches for how long nothing but failures has come of an endpoint. Says so after a minute, so that the flicker of
 * one that is overloaded leaves no events, and not twice within an hour, so that one that comes and goes leaves few: they
 * stay in the log for ever. Gives it up after five days, whatever was said. Says the same until it is stored: what is
 * given as `told` is since when the endpoint is failing according to the log.
 */
export class Health {
  #since: number | undefined;
  /** The last failures, for days without any prove nothing. */
  #failures: number[] = [];
  #quietUntil = 0;

  constructor(told: string | null) {
    this.#since = told === null ? undefined : Date.parse(told);
  }

  /** @param now milliseconds since 1970 */
  succeeded(now: number, told: string | null): HealthChange | undefined {
    this.#since = undefined;
    this.#failures = [];
    if (told === null) return undefined;
    this.#quietUntil = now + QUIET_MS;
    return { kind: 'recovered' };
  }

  /** @param now milliseconds since 1970 */
  failed(now: number, told: string | null): HealthChange | undefined {
    const since = (this.#since ??= now);
    const failingSince = new Date(since).toISOString();
    this.#failures = [...this.#failures.filter((at) => now - at < DAY_MS), now].slice(-SEVERAL);
    const isGivenUp = now - since >= PATIENCE_MS && this.#failures.length === SEVERAL;
    if (isGivenUp) return { kind: 'disable', reason: 'failing', failingSince };
    if (told !== null || now - since < TELL_MS || now < this.#quietUntil) return undefined;
    return { kind: 'failing', since: failingSince };
  }
}
