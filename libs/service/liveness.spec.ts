import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { watchLiveness } from './liveness.ts';
import { createLogger } from './logger.ts';
import { Readiness } from './readiness.ts';

const logger = createLogger({ service: 'spec', level: 'silent' });

describe('watching liveness', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  function watch() {
    const liveness = new Readiness();
    const health = { ok: true };
    liveness.add('projector', () => ({ ok: health.ok }));
    const die = jest.fn();
    const stop = watchLiveness(liveness, logger, die);
    return { health, die, stop };
  }

  it('lets a process live whose checks hold, or fail now and then', async () => {
    const { health, die, stop } = watch();
    for (const ok of [true, false, false, true, false, false, true]) {
      health.ok = ok;
      await jest.advanceTimersByTimeAsync(5_000);
    }
    expect(die).not.toHaveBeenCalled();
    stop();
  });

  it('ends it once when they have failed three times in a row', async () => {
    const { health, die, stop } = watch();
    health.ok = false;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(die).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(20_000);
    expect(die).toHaveBeenCalledTimes(1);
    stop();
  });
});
