import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { Scope } from './scope.ts';

const untilAborted = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort');
};

describe('a scope', () => {
  it('is done when all its tasks have ended, those included that were begun by others', async () => {
    const scope = new Scope(new AbortController().signal);
    const ended: string[] = [];
    scope.run(async () => {
      await Promise.resolve();
      scope.run(async () => {
        await Promise.resolve();
        ended.push('second');
      });
      ended.push('first');
    });
    await scope.done();
    expect(ended).toEqual(['first', 'second']);
  });

  it('ends all tasks with the first that fails, waits for them, and fails with it', async () => {
    const scope = new Scope(new AbortController().signal);
    let ended = false;
    scope.run(async (signal) => {
      await untilAborted(signal);
      await Promise.resolve();
      ended = true;
      throw new Error('second');
    });
    scope.run(() => Promise.reject(new Error('first')));
    await expect(scope.done()).rejects.toThrow('first');
    expect(ended).toBe(true);
  });

  it('ends its tasks from outside without failing', async () => {
    const outside = new AbortController();
    const scope = new Scope(outside.signal);
    scope.run(untilAborted);
    outside.abort();
    await scope.done();
  });
});
