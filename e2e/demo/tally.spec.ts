import { describe, expect, it } from '@jest/globals';
import { Tally } from './tally.ts';

const problem = (field: string, code: string) => ({ field, code, message: `${field} is wrong` });

describe('the tally', () => {
  it('counts a row once, and each of its reasons', () => {
    const tally = new Tally();
    tally.refuse([problem('issue', 'choice')], '1');
    tally.refuse([problem('product', 'choice'), problem('issue', 'choice'), problem('issue', 'choice')], '2');
    tally.accept({ position: 'e.9', replayed: false, ms: 1 });
    expect([tally.rows, tally.accepted, tally.refused]).toEqual([3, 1, 2]);
    expect(tally.refusals).toEqual([
      { ...problem('issue', 'choice'), count: 2, example: '1' },
      { ...problem('product', 'choice'), count: 1, example: '2' },
    ]);
  });

  it('knows the first and the last position, in whatever order answers come', () => {
    const tally = new Tally();
    for (const position of ['e.10', 'e.9', 'e.101', 'e.100'])
      tally.accept({ position, replayed: true, ms: 1 });
    expect([tally.first, tally.last, tally.replayed]).toEqual(['e.9', 'e.101', 4]);
  });
});
