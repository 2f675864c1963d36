import { describe, expect, it } from '@jest/globals';
import { flood } from './flood.ts';

describe('a flood of calls', () => {
  it('makes each call once, and keeps as many under way as it may', async () => {
    const seen: number[] = [];
    let [open, most] = [0, 0];
    await flood({ calls: 50, inFlight: 7 }, async (index) => {
      seen.push(index);
      most = Math.max(most, ++open);
      await Promise.resolve();
      open--;
    });
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(most).toBe(7);
  });

  it('fails with the first call that does', async () => {
    const failing = flood({ calls: 9, inFlight: 3 }, (index) =>
      index === 4 ? Promise.reject(new Error('no room')) : Promise.resolve(),
    );
    await expect(failing).rejects.toThrow('no room');
  });
});
