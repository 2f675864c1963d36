import { setTimeout as delay } from 'node:timers/promises';

/** Thrown of an attempt that took longer than its kind allows. */
export class TaskTimeout extends Error {
  override readonly name = 'TaskTimeout';
}

/** Milliseconds that work gets to end after it was told to. */
const GRACE_MS = 5_000;

export interface AttemptOptions {
  readonly timeoutMs: number;
  /** Abort the work, each for its own reason. */
  readonly signals: readonly AbortSignal[];
  /** Told of work that goes on though it was told to stop: its attempt is over all the same. */
  readonly onStray: () => void;
}

/**
 * Runs work for as long as it may take. It is told to stop by its signal; when it does not within 5 s it is left to
 * itself.
 *
 * @throws what the work throws; {@link TaskTimeout}
 */
export async function runBounded<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { timeoutMs, signals, onStray }: AttemptOptions,
): Promise<T> {
  const deadline = new AbortController();
  const ended = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(new TaskTimeout(`not done in ${timeoutMs} ms`));
  }, timeoutMs);
  timer.unref(); // its task is held by heartbeats: a process that ends does not wait for it
  const signal = AbortSignal.any([deadline.signal, ...signals]);
  try {
    const working = work(signal);
    working.catch(() => undefined); // if it is left to itself, nobody else looks
    return await Promise.race([working, strayed(signal, ended.signal, onStray)]);
  } catch (error) {
    // The work's own account of being aborted says less.
    throw deadline.signal.aborted ? deadline.signal.reason : error;
  } finally {
    clearTimeout(timer);
    ended.abort();
  }
}

/** Rejects when the work was told to stop and has not for the time of grace. */
async function strayed(signal: AbortSignal, ended: AbortSignal, onStray: () => void): Promise<never> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await delay(GRACE_MS, undefined, { signal: ended });
  onStray();
  throw signal.reason;
}
