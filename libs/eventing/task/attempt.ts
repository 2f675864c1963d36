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
  /** Milliseconds that work gets to end after it was told to, 5,000 by default. */
  readonly graceMs?: number;
}

/**
 * Runs work for as long as it may take. It is told to stop by its signal; when it does not in its time of grace it is
 * left to itself. This is on every task's path: nothing is made that is not needed when all goes well.
 *
 * @throws what the work throws; {@link TaskTimeout}; the reason of the signal that left it to itself
 */
export function runBounded<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { timeoutMs, signals, onStray, graceMs = GRACE_MS }: AttemptOptions,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const control = new AbortController();
    let timedOut: TaskTimeout | undefined;
    let grace: NodeJS.Timeout | undefined;
    const stop = (reason: Error): void => {
      if (control.signal.aborted) return;
      control.abort(reason);
      grace = setTimeout(() => {
        onStray();
        end(() => reject(reason));
      }, graceMs);
      grace.unref();
    };
    const stopAll = (event: Event): void => stop(reasonOf(event.target as AbortSignal));
    const timer = setTimeout(() => {
      timedOut = new TaskTimeout(`not done in ${timeoutMs} ms`);
      stop(timedOut);
    }, timeoutMs);
    timer.unref(); // its task is held by heartbeats: a process that ends waits for neither timer
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      clearTimeout(grace);
      for (const signal of signals) signal.removeEventListener('abort', stopAll);
      settle();
    };
    for (const signal of signals) {
      if (signal.aborted) stop(reasonOf(signal));
      else signal.addEventListener('abort', stopAll);
    }
    // Async, so that what it throws at once is a rejection like others.
    (async () => work(control.signal))().then(
      (result) => end(() => resolve(result)),
      // The work's own account of being aborted says less.
      (error: unknown) => end(() => reject(timedOut ?? (error as Error))),
    );
  });
}

const reasonOf = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new Error('told to stop', { cause: reason });
