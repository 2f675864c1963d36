import { describe, expect, it } from '@jest/globals';
import { Tally } from './tally.ts';

describe('a tally', () => {
  it('tells when so many have been done in all, with the time of the last', async () => {
    let now = 0;
    const tally = new Tally(() => now);
    const two = tally.reach(2);
    tally.add();
    now = 5;
    tally.add();
    now = 9;
    await expect(two).resolves.toBe(5);
    tally.add();
    await expect(tally.reach(3)).resolves.toBe(9);
  });
});
