const MINUTE = 60_000;

/** After so long of nothing but failures it is said that an endpoint is failing. */
const TELL_MS = MINUTE;
/** After so long it is disabled. */
export const PATIENCE_MS = 5 * 24 * 60 * MINUTE;

export type HealthChange =
  | { readonly kind: 'failing'; readonly since: string }
  | { readonly kind: 'recovered' }
  | { readonly kind: 'disable'; readonly reason: 'failing'; readonly failingSince: string };

/**
 * Watches for how long nothing but failures has come of an endpoint. Says so after a minute, so that the flicker of
 * one that is overloaded leaves no events, and gives it up after five days.
 */
export class Health {
  #since: number | undefined;
  #told: boolean;

  /** `failingSince`: what was told before. */
  constructor(failingSince: string | null) {
    this.#since = failingSince === null ? undefined : Date.parse(failingSince);
    this.#told = failingSince !== null;
  }

  succeeded(): HealthChange | undefined {
    const told = this.#told;
    this.#since = undefined;
    this.#told = false;
    return told ? { kind: 'recovered' } : undefined;
  }

  /** @param now milliseconds since 1970 */
  failed(now: number): HealthChange | undefined {
    const since = (this.#since ??= now);
    const failingSince = new Date(since).toISOString();
    if (now - since >= PATIENCE_MS) return { kind: 'disable', reason: 'failing', failingSince };
    if (this.#told || now - since < TELL_MS) return undefined;
    this.#told = true;
    return { kind: 'failing', since: failingSince };
  }
}
