import { describe, expect, it } from '@jest/globals';
import { eventually } from '#tools/testing/eventually';
import { Vouchers } from './vouchers.ts';

/** Looks that end when they are told to, with what they are told. */
function looks() {
  const asked: number[] = [];
  const waiting: PromiseWithResolvers<number>[] = [];
  const vouchers = new Vouchers(
    (seq) => {
      asked.push(seq);
      const look = Promise.withResolvers<number>();
      waiting.push(look);
      return look.promise;
    },
    { longestPauseMs: 1 },
  );
  const next = async (): Promise<PromiseWithResolvers<number>> => {
    await eventually(() => expect(waiting).not.toHaveLength(0));
    return waiting.shift()!;
  };
  return { vouchers, asked, next };
}

const settled = async (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<false>((resolve) => setImmediate(resolve, false))]);

describe('vouchers', () => {
  it('wait for a look that has seen what they stand for', async () => {
    const { vouchers, asked, next } = looks();
    const waits = vouchers.wait(5);
    (await next()).resolve(4);
    const second = await next();
    expect(await settled(waits)).toBe(false);
    second.resolve(7);
    await waits;
    expect(asked).toEqual([5, 5]);
  });

  it('are let go when a later one waits, and only that one is', async () => {
    const { vouchers, asked, next } = looks();
    const first = vouchers.wait(1);
    const second = vouchers.wait(2);
    await first;
    const third = vouchers.wait(3);
    await second;
    await vouchers.wait(3);
    await vouchers.wait(2);
    const look = await next();
    look.resolve(1);
    const again = await next();
    expect(await settled(third)).toBe(false);
    again.resolve(3);
    await third;
    expect(asked).toEqual([1, 3]);
  });

  it('that come while one looks are covered by it when it has seen them', async () => {
    const { vouchers, asked, next } = looks();
    const first = vouchers.wait(1);
    const look = await next();
    const second = vouchers.wait(2);
    look.resolve(2);
    await Promise.all([first, second]);
    const third = vouchers.wait(3);
    (await next()).resolve(3);
    await third;
    expect(asked).toEqual([1, 3]);
  });

  it('fail with the look that they waited for, and the next one looks anew', async () => {
    const { vouchers, next } = looks();
    const first = vouchers.wait(1);
    (await next()).reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    const again = vouchers.wait(1);
    (await next()).resolve(1);
    await again;
  });
});
