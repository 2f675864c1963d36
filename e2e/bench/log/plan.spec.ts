import { describe, expect, it } from '@jest/globals';
import { seeded, spread } from './plan.ts';

describe('the plan of a log', () => {
  const sizes = [
    { aggregates: 2, events: 30 },
    { aggregates: 20, events: 3 },
  ];

  it('gives every aggregate all of its events', () => {
    const counts = new Map<number, number>();
    for (const aggregate of spread(sizes)) counts.set(aggregate, (counts.get(aggregate) ?? 0) + 1);
    expect([...counts].sort(([a], [b]) => a - b)).toEqual([
      [0, 30],
      [1, 30],
      ...Array.from({ length: 20 }, (_, n) => [n + 2, 3]),
    ]);
  });

  it('spreads them over the log, the same way every time', () => {
    const plan = spread(sizes);
    expect(plan).toEqual(spread(sizes));
    expect(plan.lastIndexOf(0) - plan.indexOf(0)).toBeGreaterThan(60);
  });

  it('draws numbers from 0 up to 1', () => {
    const random = seeded(7);
    const drawn = Array.from({ length: 10_000 }, random);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(1);
    expect(drawn.reduce((sum, value) => sum + value, 0) / drawn.length).toBeCloseTo(0.5, 1);
  });
});
