import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Gate } from './gate.ts';

const ok = () => Promise.resolve({ ok: true });
const failed = () => Promise.resolve({ ok: false });
const throttled = (throttleMs: number) => () => Promise.resolve({ ok: false, throttleMs });

let opened = 0;
let gate: Gate;

beforeEach(() => {
  jest.useFakeTimers();
  opened = 0;
  gate = new Gate({ width: 8, onOpen: () => opened++, breakAfter: 3, pauseMs: 1_000, maxPauseMs: 3_000 });
});

afterEach(() => {
  gate.close();
  jest.useRealTimers();
});

async function pass(attempt: () => Promise<{ ok: boolean }>, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) await gate.pass(attempt);
}

describe('the circuit breaker', () => {
  it('closes the gate after failures in a row, and nothing passes', async () => {
    await pass(failed, 2);
    await pass(ok);
    await pass(failed, 2);
    expect(gate.allowed).toBe(8);
    await pass(failed);
    expect(gate.allowed).toBe(0);
    const attempt = jest.fn(ok);
    expect(await gate.pass(attempt)).toBeUndefined();
    expect(attempt).not.toHaveBeenCalled();
  });

  it('lets one probe through after its pause, and all when that succeeds', async () => {
    await pass(failed, 3);
    opened = 0;
    await jest.advanceTimersByTimeAsync(900);
    expect(opened).toBe(0);
    await jest.advanceTimersByTimeAsync(200);
    expect(opened).toBe(1);
    expect(gate.allowed).toBe(1);
    await pass(ok);
    expect(gate.allowed).toBe(8);
  });

  it('waits for longer each time a probe fails, up to a limit', async () => {
    await pass(failed, 3);
    await jest.advanceTimersByTimeAsync(1_100);
    await pass(failed);
    for (const pause of [2_000, 3_000, 3_000]) {
      await jest.advanceTimersByTimeAsync(pause - 100);
      expect(gate.allowed).toBe(0);
      await jest.advanceTimersByTimeAsync(200);
      expect(gate.allowed).toBe(1);
      await pass(failed);
    }
  });

  it('is not moved by what is not the endpoint’s doing', async () => {
    const broken = () => Promise.reject(new Error('bug'));
    for (let i = 0; i < 5; i++) await expect(gate.pass(broken)).rejects.toThrow('bug');
    expect(gate.allowed).toBe(8);
  });
});

describe('an endpoint that asks for fewer requests', () => {
  it('is left alone for as long as it says, and then gets one, two, four ... at a time', async () => {
    await pass(throttled(2_000));
    expect(gate.allowed).toBe(0);
    opened = 0;
    await jest.advanceTimersByTimeAsync(2_001);
    expect(opened).toBe(1);
    const widths = [gate.allowed];
    for (let i = 0; i < 4; i++) {
      await pass(ok);
      widths.push(gate.allowed);
    }
    expect(widths).toEqual([1, 2, 4, 8, 8]);
  });
});
