import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { runBounded, TaskTimeout, type AttemptOptions } from './attempt.ts';

describe('one attempt at a task', () => {
  const options = (given: Partial<AttemptOptions> = {}): AttemptOptions => ({
    timeoutMs: 60_000,
    signals: [],
    onStray: () => undefined,
    ...given,
  });
  const forEver = (signal: AbortSignal): Promise<void> => delay(600_000, undefined, { signal });

  it('gives what the work gives, or throws what it throws', async () => {
    await expect(runBounded(() => Promise.resolve(7), options())).resolves.toBe(7);
    await expect(runBounded(() => Promise.reject(new RangeError('no')), options())).rejects.toThrow('no');
  });

  it('that throws before it has begun leaves no timer to call it a stray', async () => {
    const stop = new AbortController();
    let strays = 0;
    const thrower = (): Promise<void> => {
      throw new RangeError('at once');
    };
    await expect(
      runBounded(thrower, options({ signals: [stop.signal], graceMs: 0, onStray: () => strays++ })),
    ).rejects.toThrow('at once');
    stop.abort();
    await delay(5);
    expect(strays).toBe(0);
  });

  it('that takes too long is told to stop, and says so', async () => {
    await expect(runBounded(forEver, options({ timeoutMs: 5 }))).rejects.toThrow(TaskTimeout);
  });

  it('ends with any of its signals, for its reason', async () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const reasons: unknown[] = [];
    const running = runBounded(
      async (signal) => {
        await forEver(signal).catch(() => undefined);
        reasons.push(signal.reason);
        throw new Error('stopped');
      },
      options({ signals: [one.signal, other.signal] }),
    );
    const why = new Error('why');
    other.abort(why);
    await expect(running).rejects.toThrow('stopped');
    expect(reasons).toEqual([why]);
    await expect(runBounded(forEver, options({ signals: [other.signal] }))).rejects.toThrow();
  });

  it('is left to itself when it does not listen', async () => {
    const stop = new AbortController();
    let strays = 0;
    const running = runBounded(
      () => new Promise<void>(() => undefined),
      options({ signals: [stop.signal], graceMs: 5, onStray: () => strays++ }),
    );
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(strays).toBe(1);
  });

  it('leaves nothing behind on signals that outlive it', async () => {
    const shared = new AbortController();
    let strays = 0;
    for (let n = 0; n < 20; n++)
      await runBounded(
        () => Promise.resolve(n),
        options({ signals: [shared.signal], onStray: () => strays++, graceMs: 0 }),
      );
    shared.abort();
    await delay(5);
    expect(strays).toBe(0);
  });
});
