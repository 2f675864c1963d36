import { describe, expect, it } from '@jest/globals';
import { inLanes } from './lanes.ts';
import { percentile } from './percentile.ts';

describe('lanes', () => {
  it('work on every item once, no more at a time than there are lanes', async () => {
    let busy = 0;
    let most = 0;
    const done: number[] = [];
    await inLanes([...Array(20).keys()], 3, async (item) => {
      most = Math.max(most, ++busy);
      await new Promise(setImmediate);
      done.push(item);
      busy--;
    });
    expect(done.toSorted((a, b) => a - b)).toEqual([...Array(20).keys()]);
    expect(most).toBe(3);
  });

  it('stop at the first error and give it', async () => {
    const done: number[] = [];
    const work = async (item: number): Promise<void> => {
      await Promise.resolve();
      if (item === 3) throw new Error('no more');
      done.push(item);
    };
    await expect(inLanes([...Array(1000).keys()], 2, work)).rejects.toThrow('no more');
    expect(done.length).toBeLessThan(10);
  });
});

describe('a percentile', () => {
  it('is one of the values', () => {
    expect(percentile([5, 1, 4, 2, 3], 0.5)).toBe(3);
    expect(percentile([1, 2, 3, 4], 0.95)).toBe(4);
    expect(percentile([], 0.5)).toBe(0);
  });
});
