import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mean, meanInterval, median, pairedRatio, percentile, sorted } from './statistics.ts';

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const numbers = fc.array(number, { minLength: 1, maxLength: 200 });
const positive = fc.double({ min: 0.01, max: 1e6, noNaN: true });

describe('a percentile', () => {
  it('is a value that was measured, and the share asked for does not exceed it', () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const found = percentile(sorted(values), share);
        expect(values).toContain(found);
        expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual(share * values.length);
      }),
    );
  });

  it('is the nearest rank', () => {
    const hundred = sorted(Array.from({ length: 100 }, (_, i) => 100 - i));
    expect([0, 0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 95, 99, 100]);
  });

  it('of nothing is not a number', () => {
    expect(percentile(sorted([]), 0.5)).toBeNaN();
  });
});

describe('the median', () => {
  it('is the middle one, or the mean of the middle two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});

describe('an interval', () => {
  it('holds its own mean, and is the mean alone when all samples agree', () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 2, maxLength: 50 }), (samples) => {
        const { value, low, high } = meanInterval(samples);
        expect(low <= value && value <= high).toBe(true);
      }),
    );
    expect(meanInterval([2, 2, 2])).toEqual({ value: 2, low: 2, high: 2 });
  });

  it('is what tables of Student say', () => {
    // 10 samples of mean 5.5 and standard deviation 3.0277: 2.262 * 3.0277 / sqrt(10) = 2.1657
    const { value, low, high } = meanInterval([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(value).toBe(5.5);
    expect(high - value).toBeCloseTo(2.1657, 3);
    expect(value - low).toBeCloseTo(2.1657, 3);
  });

  it('of one sample bounds nothing', () => {
    expect(meanInterval([7])).toEqual({ value: 7, low: -Infinity, high: Infinity });
  });
});

describe('a paired ratio', () => {
  it('is not moved by drift that hits both of a pair', () => {
    fc.assert(
      fc.property(fc.array(positive, { minLength: 1, maxLength: 20 }), (drift) => {
        const pairs = drift.map((factor) => ({ ours: 1.2 * factor, theirs: factor }));
        expect(pairedRatio(pairs).value).toBeCloseTo(1.2, 9);
      }),
    );
  });

  it('is the inverse of the ratio the other way round', () => {
    const pairs = [
      { ours: 3, theirs: 2 },
      { ours: 5, theirs: 4 },
    ];
    const swapped = pairs.map(({ ours, theirs }) => ({ ours: theirs, theirs: ours }));
    expect(pairedRatio(pairs).value * pairedRatio(swapped).value).toBeCloseTo(1, 12);
  });

  it('lies between the smallest and the largest ratio of a pair', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ ours: positive, theirs: positive }), { minLength: 1 }), (pairs) => {
        const ratios = pairs.map(({ ours, theirs }) => ours / theirs);
        const { value } = pairedRatio(pairs);
        expect(value).toBeGreaterThanOrEqual(Math.min(...ratios) * (1 - 1e-9));
        expect(value).toBeLessThanOrEqual(Math.max(...ratios) * (1 + 1e-9));
      }),
    );
    expect(mean([1, 2, 3])).toBe(2);
  });
});
