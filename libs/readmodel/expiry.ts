import { pause } from '#eventing/pause';
import type { PassOptions } from './pass.ts';

/** Documents that are removed in one go: under a tenth of a second's work for the embedded engine. */
const REMOVED_AT_ONCE = 1000;

export interface Expiry extends Pick<PassOptions, 'onDocuments' | 'signal'> {
  /** The field that holds the Date. */
  readonly expiry: string;
  readonly now?: Date;
}

/**
 * Removes the documents whose Date has passed, and says how many they were. However many they are, neither the fold
 * nor a stop waits for all of them: they go some at a time, with a rest after each that is as long as it took, and once
 * the signal is aborted the others stay for the next holder.
 *
 * It is done here and not by an index of MongoDB's with `expireAfterSeconds`, which the embedded engine takes and then
 * leaves at that.
 */
export async function removeExpired({
  onDocuments,
  signal,
  expiry,
  now = new Date(),
}: Expiry): Promise<number> {
  const expired = { [expiry]: { $lte: now } };
  let removed = 0;
  while (!signal.aborted) {
    const started = performance.now();
    const step = await onDocuments(async (collection) => {
      const options = { projection: { _id: 1 }, limit: REMOVED_AT_ONCE };
      const ids = (await collection.find(expired, options).toArray()).map(({ _id }) => _id);
      if (ids.length === 0) return { found: 0, removed: 0 };
      // One that got another event in the meantime may live longer now.
      const { deletedCount } = await collection.deleteMany({ ...expired, _id: { $in: ids } });
      return { found: ids.length, removed: deletedCount };
    });
    removed += step.removed;
    if (step.found < REMOVED_AT_ONCE) break;
    await pause(performance.now() - started, signal);
  }
  return removed;
}
