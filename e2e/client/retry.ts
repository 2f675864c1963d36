import { setTimeout as delay } from 'node:timers/promises';
import type { Call } from './exchange.ts';
import { NoAnswer, ProblemAnswer } from './problem-answer.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** Whether a repeat can do nothing twice: a read, or a command that names itself by an Idempotency-Key. */
export const mayRepeat = (call: Call): boolean => call.method === 'GET' || call.idempotencyKey !== undefined;

/** Whether it is worth a repeat: nobody answered, or the answer was "not now". */
export const isPassing = (error: unknown): boolean =>
  error instanceof NoAnswer || (error instanceof ProblemAnswer && error.status === 503);

/**
 * Tries until it succeeds, fails for good, or `forMs` are over; then with the last error. Pauses for as long as
 * Retry-After says, otherwise a little longer each time.
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  { forMs, signal }: { forMs: number; signal?: AbortSignal },
): Promise<{ value: T; attempts: number }> {
  const deadline = performance.now() + forMs;
  for (let attempts = 1; ; attempts++) {
    try {
      return { value: await attempt(), attempts };
    } catch (error) {
      const pause = pauseAfter(error, attempts);
      if (!isPassing(error) || performance.now() + pause > deadline || signal?.aborted === true) throw error;
      await delay(pause, undefined, { signal });
    }
  }
}

function pauseAfter(error: unknown, attempts: number): number {
  const asked = error instanceof ProblemAnswer ? error.retryAfterSeconds : undefined;
  if (asked !== undefined) return asked * 1000;
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1)) * (0.5 + Math.random() / 2);
}
