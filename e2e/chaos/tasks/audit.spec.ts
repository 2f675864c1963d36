import { describe, expect, it } from '@jest/globals';
import { seeded } from '../random.ts';
import { audit, courseOf } from './audit.ts';
import { parseJournal } from './journal.ts';
import { plan, type Planned } from './kinds.ts';

const task = (n: number, poison: Planned['poison'] = null): Planned => ({
  workspace: 'chaos',
  tier: 'high',
  n,
  failures: 0,
  ms: 0,
  poison,
});
const planned = [task(0), task(1), task(2, 'permanent')];
const found = (effects: [number, number][], parked: [number, number][]) =>
  audit(planned, { effects: new Map(effects), parked: new Map(parked) });

describe('the audit of tasks', () => {
  it('finds nothing wrong where each had its effect once and poison is parked', () => {
    expect(
      found(
        [
          [0, 1],
          [1, 1],
        ],
        [[2, 1]],
      ),
    ).toEqual({ effects: 2, lost: 0, doubleEffects: 0, parkedWrongly: 0, parkedRightly: 1, examples: [] });
  });

  it('finds what is neither done nor parked', () => {
    expect(found([[0, 1]], [])).toMatchObject({ lost: 2, parkedRightly: 0 });
  });

  it('finds what happened twice, and what should not have happened', () => {
    expect(
      found(
        [
          [0, 2],
          [1, 1],
        ],
        [[2, 1]],
      ),
    ).toMatchObject({ doubleEffects: 1, lost: 0 });
    expect(
      found(
        [
          [0, 1],
          [1, 1],
          [2, 1],
        ],
        [[2, 1]],
      ),
    ).toMatchObject({ doubleEffects: 1 });
  });

  it('finds what was parked though it could have been done, and names it', () => {
    const wrong = found(
      [[1, 1]],
      [
        [0, 1],
        [2, 1],
      ],
    );
    expect(wrong).toMatchObject({ parkedWrongly: 1, lost: 0 });
    expect(wrong.examples).toEqual(['parkedWrongly: task 0 (high) has 0 effects and 1 dead letters']);
  });
});

describe('the course of the work', () => {
  it('tells redeliveries, effects that had happened, and how soon the tasks of the dead were begun again', () => {
    const dead = parseJournal(7, '10 begun 1 1\n11 begun 2 1\n12 effect 2 1\n13 begun 3 1\n14 eff');
    const other = parseJournal(
      8,
      '500 begun 1 1\n501 effect 1 1\n700 begun 2 1\n701 repeated 2 1\n900 begun 3 1\n',
    );
    expect(courseOf([...dead, ...other], [{ pid: 7, at: 100 }])).toEqual({
      runs: 6,
      redelivered: 3,
      repeated: 1,
      recoveriesMs: [400, 800],
    });
  });

  it('does not take a next attempt for a redelivery', () => {
    const entries = parseJournal(7, '10 begun 1 1\n11 failed 1 1\n20 begun 1 2\n21 effect 1 2\n');
    expect(courseOf(entries, [])).toMatchObject({ runs: 2, redelivered: 0 });
  });
});

describe('the plan', () => {
  it('is the same for the same seed, over all tiers, with some of everything', () => {
    const tasks = plan(20_000, seeded(42));
    expect(tasks).toEqual(plan(20_000, seeded(42)));
    const count = (of: (task: Planned) => boolean): number => tasks.filter(of).length;
    expect(count(({ failures }) => failures > 0)).toBeGreaterThan(1_500);
    expect(count(({ ms }) => ms > 0)).toBeGreaterThan(200);
    expect(count(({ poison }) => poison === 'permanent')).toBeGreaterThan(20);
    expect(count(({ poison }) => poison === 'always')).toBeGreaterThan(5);
    expect(count(({ poison }) => poison === 'deadly')).toBe(1);
    expect(count(({ tier }) => tier === 'batch')).toBe(6_666);
  });
});
