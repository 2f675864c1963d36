import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pauseAfter } from './backoff.ts';

const backoff = { firstMs: 200, longestMs: 15_000 };

describe('the pause before a restart', () => {
  it('doubles with every crash in a row', () => {
    const latest = [1, 2, 3, 4].map((crashes) => pauseAfter(crashes, backoff, () => 1));
    expect(latest).toEqual([200, 400, 800, 1600]);
  });

  it('lies between half and all of what it would be without chance, and never over the cap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (crashes, chance) => {
          const pause = pauseAfter(crashes, backoff, () => chance);
          const whole = Math.min(backoff.longestMs, backoff.firstMs * 2 ** (crashes - 1));
          expect(pause).toBeGreaterThanOrEqual(whole / 2);
          expect(pause).toBeLessThanOrEqual(whole);
        },
      ),
    );
  });
});
