import { describe, expect, it } from '@jest/globals';
import { MAX_RETRY_AFTER_MS, pauseAfter, RETRY_PAUSES_MS, retryAfterMs } from './schedule.ts';

const NOW = Date.UTC(2026, 0, 1);
const hours = (ms: number): number => ms / 3_600_000;

describe('the schedule of retries', () => {
  it('is that of Standard Webhooks: ten attempts over three days', () => {
    expect(RETRY_PAUSES_MS.slice(0, 3)).toEqual([5_000, 300_000, 1_800_000]);
    expect(RETRY_PAUSES_MS.slice(3).map(hours)).toEqual([2, 5, 10, 14, 20, 24]);
    expect(pauseAfter(9, 0)).toBe(24 * 3_600_000);
    expect(pauseAfter(10, 0)).toBeUndefined();
  });

  it('is stretched by up to a tenth', () => {
    expect(pauseAfter(1, 0)).toBe(5_000);
    expect(pauseAfter(1, 0.999_999)).toBeCloseTo(5_500, 0);
  });

  it('waits for as long as the endpoint asks, and not for less than its own pause', () => {
    expect(pauseAfter(1, 0, 60_000)).toBe(60_000);
    expect(pauseAfter(2, 0, 60_000)).toBe(300_000);
    expect(pauseAfter(10, 0, 60_000)).toBeUndefined();
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 23:59:30 GMT', 0],
    ['999999999', MAX_RETRY_AFTER_MS],
  ])('%s is so many milliseconds', (value, expected) => {
    expect(retryAfterMs(value, NOW)).toBe(expected);
  });

  it.each([undefined, 'soon', '-5x', ''])('%s says nothing', (value) => {
    expect(retryAfterMs(value, NOW)).toBeUndefined();
  });
});
