import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What was started and must end, in reverse order, whatever became of the work. */
export class Closing {
  readonly #steps: (() => Promise<unknown>)[] = [];

  /** Has `close` called at the end; gives `value` back. */
  later<T>(value: T, close: (value: T) => Promise<unknown>): T {
    this.#steps.push(() => close(value));
    return value;
  }

  /** A folder of its own, removed at the end. Its path is short enough for a Unix socket within. */
  async folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'formbus-bench-'));
    return this.later(path, (made) => rm(made, { recursive: true, force: true, maxRetries: 5 }));
  }

  /** All of them, even when some fail; then throws what the first one threw. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      await step().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Runs `work`, and closes what it handed over, also when it throws. */
export async function closing<T>(work: (closing: Closing) => Promise<T>): Promise<T> {
  const steps = new Closing();
  try {
    return await work(steps);
  } finally {
    await steps.close();
  }
}
