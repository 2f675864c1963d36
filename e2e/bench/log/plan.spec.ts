import { describe, expect, it } from '@jest/globals';
import { aggregatesIn, interleaved, lifeCycles, seeded, spread, type Plan } from './plan.ts';

const sizes = [
  { aggregates: 2, events: 30 },
  { aggregates: 20, events: 3 },
];
const counts = (plan: Plan): [number, number][] => {
  const found = new Map<number, number>();
  for (const aggregate of plan) found.set(aggregate, (found.get(aggregate) ?? 0) + 1);
  return [...found].sort(([a], [b]) => a - b);
};
const span = (plan: Plan, aggregate: number): number => plan.lastIndexOf(aggregate) - plan.indexOf(aggregate);

describe('the plan of a log', () => {
  const all = [[0, 30], [1, 30], ...Array.from({ length: 20 }, (_, n) => [n + 2, 3])];

  it('gives every aggregate all of its events, the same way every time', () => {
    expect(counts(spread(sizes))).toEqual(all);
    expect(counts(lifeCycles(sizes, 4))).toEqual(all);
    expect(counts(lifeCycles(sizes, 1000))).toEqual(all);
    expect(spread(sizes)).toEqual(spread(sizes));
    expect(lifeCycles(sizes, 4)).toEqual(lifeCycles(sizes, 4));
  });

  it('spreads them over the whole log, or lets them follow each other', () => {
    expect(span(spread(sizes), 0)).toBeGreaterThan(60);
    const many = [{ aggregates: 1000, events: 3 }];
    const longest = Math.max(...Array.from({ length: 1000 }, (_, n) => span(lifeCycles(many, 5), n)));
    expect(longest).toBeLessThan(150);
  });

  it('can hold two in turn', () => {
    const merged = interleaved(Uint32Array.of(0, 0, 1, 1), 2, Uint32Array.of(0, 1));
    expect([...merged]).toEqual([0, 2, 0, 1, 3, 1]);
    expect(aggregatesIn(sizes)).toBe(22);
  });

  it('draws numbers from 0 up to 1', () => {
    const random = seeded(7);
    const drawn = Array.from({ length: 10_000 }, random);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(1);
    expect(drawn.reduce((sum, value) => sum + value, 0) / drawn.length).toBeCloseTo(0.5, 1);
  });
});
