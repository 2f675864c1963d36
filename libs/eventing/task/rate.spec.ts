import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RateLimit } from './rate.ts';

describe('a rate limit', () => {
  it('lets no more than its tasks begin in any window, and none wait longer than it must', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(300), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 500 }),
        (gaps, tasks, perMs) => {
          let now = 0;
          const rate = new RateLimit({ tasks, perMs }, () => now);
          const begun: number[] = [];
          for (const gap of gaps) {
            now += gap;
            const turn = now + rate.reserve();
            const before = begun.at(-tasks);
            expect(turn).toBe(Math.max(now, before === undefined ? 0 : before + perMs));
            begun.push(turn);
          }
          for (const [index, turn] of begun.entries()) {
            const later = begun[index + tasks];
            if (later !== undefined) expect(later - turn).toBeGreaterThanOrEqual(perMs);
          }
        },
      ),
    );
  });

  it('ends a wait with its signal', async () => {
    const rate = new RateLimit({ tasks: 1, perMs: 60_000 });
    await rate.take(new AbortController().signal);
    await expect(rate.take(AbortSignal.abort())).rejects.toThrow();
  });
});
