const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Pauses before the second, third ... attempt, as Standard Webhooks suggests; the last one is made after three days. */
export const RETRY_PAUSES_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** Longer by up to so much, drawn anew each time, so that what failed together is not tried again together. */
const JITTER = 0.1;

/** What an endpoint may ask for at most by Retry-After. */
export const MAX_RETRY_AFTER_MS = HOUR;

/**
 * Milliseconds until the next attempt; undefined after the last one.
 *
 * @param attempt the one that failed, 1 at first
 * @param random 0 to 1
 * @param notBeforeMs what the endpoint asked for
 */
export function pauseAfter(attempt: number, random: number, notBeforeMs = 0): number | undefined {
  const pause = RETRY_PAUSES_MS[attempt - 1];
  return pause === undefined ? undefined : Math.max(Math.round(pause * (1 + JITTER * random)), notBeforeMs);
}

/**
 * Retry-After in milliseconds from now, of seconds or of a date (RFC 9110, 10.2.3), at most {@link MAX_RETRY_AFTER_MS};
 * undefined when there is none or it cannot be read.
 */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * SECOND : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
