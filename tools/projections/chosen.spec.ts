import { describe, expect, it } from '@jest/globals';
import { KEPT } from '#contracts/operations/projections';
import { PROJECTIONS } from './chosen.ts';

describe('the projections that the contract names', () => {
  it('are those that the services keep', () => {
    const kept = Object.entries(PROJECTIONS).map(([keeper, all]) => [keeper, all.map(({ name }) => name)]);
    expect(Object.fromEntries(kept)).toEqual(KEPT);
  });
});
