import { setTimeout as delay } from 'node:timers/promises';

export interface InsistOptions {
  /** Ends the tries. */
  readonly signal: AbortSignal;
  /** Pauses between tries; the last one again and again. */
  readonly pausesMs: readonly number[];
  /** Told of every failure, with how many there were before. What it throws ends the tries. */
  readonly onFailure: (error: unknown, before: number) => void;
}

/**
 * Does what depends on something that may be away, again and again until it is back.
 *
 * @throws what `onFailure` throws; the signal's reason
 */
export async function insist<T>(
  work: () => T | Promise<T>,
  { signal, pausesMs, onFailure }: InsistOptions,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      onFailure(error, tries);
    }
    await delay(pausesMs[Math.min(tries, pausesMs.length - 1)], undefined, { signal });
  }
}
