export interface Backoff {
  /** The first pause, in milliseconds; each further one is twice as long. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The pause before the restart that follows crash number `crashes` (1, 2, 3 ...): half of it fixed, half by chance. */
export function pauseAfter(crashes: number, { firstMs, longestMs }: Backoff, random: () => number): number {
  const whole = Math.min(longestMs, firstMs * 2 ** (crashes - 1));
  return Math.round(whole * (0.5 + random() / 2));
}
