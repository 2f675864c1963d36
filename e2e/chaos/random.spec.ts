import { describe, expect, it } from '@jest/globals';
import { bag, seeded } from './random.ts';

describe('a seeded run', () => {
  it('draws the same for the same seed, and something else for another', () => {
    const draw = (seed: number): number[] => Array.from({ length: 8 }, seeded(seed));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7).every((value) => value >= 0 && value < 1)).toBe(true);
  });

  it('draws everything before it draws anything again', () => {
    const draw = bag(['a', 'b', 'c'], seeded(1));
    for (let round = 0; round < 5; round++) expect([draw(), draw(), draw()].sort()).toEqual(['a', 'b', 'c']);
  });
});
