import { describe, expect, it } from '@jest/globals';
import { Progress } from './progress.ts';

describe('the progress of a generation', () => {
  let now = 1_000_000;
  const clock = (): number => now;
  const begin = (): Progress => new Progress({ seq: 5, asOf: 900_000 }, clock);

  it('lags since its checkpoint until it has read something', () => {
    expect(begin().lagSeconds).toBe(100);
  });

  it('has no lag when nothing is left to be folded, and keeps none while it waits', () => {
    const progress = begin();
    progress.record({ seq: 9, pending: 0, eventTime: 950_000 });
    expect([progress.lag, progress.lagSeconds, progress.asOf]).toEqual([0, 0, 1_000_000]);
    now += 60_000;
    progress.idle();
    expect(progress.asOf).toBe(1_060_000);
  });

  it('lags by the age of its last event while more are to come', () => {
    const progress = begin();
    progress.record({ seq: 9, pending: 7, eventTime: now - 4000 });
    expect([progress.lag, progress.lagSeconds]).toEqual([7, 4]);
  });

  it('does not take an old event for a lag that is older than when it last held everything', () => {
    const progress = begin();
    progress.record({ seq: 9, pending: 0 });
    now += 1000;
    progress.record({ seq: 10, pending: 3, eventTime: now - 500_000 });
    expect(progress.lagSeconds).toBe(1);
  });

  it('is not younger than now, whatever clock stamped the event', () => {
    const progress = begin();
    progress.record({ seq: 9, pending: 1, eventTime: now + 60_000 });
    expect(progress.lagSeconds).toBe(0);
  });

  it('falls behind a log that grows while it stands still', () => {
    const progress = begin();
    progress.record({ seq: 9, pending: 0 });
    now += 3000;
    progress.stall(29);
    expect([progress.lag, progress.lagSeconds, progress.caughtUp]).toEqual([20, 3, false]);
  });
});
