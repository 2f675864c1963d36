import { describe, expect, it, jest } from '@jest/globals';
import { Readiness } from './readiness.ts';

describe('readiness', () => {
  it('is ok without checks', async () => {
    expect(await new Readiness().report()).toEqual({ status: 'ok', checks: {} });
  });

  it('fails when one check fails, and shows all of them', async () => {
    const readiness = new Readiness();
    readiness.add('bus', () => ({ ok: true }));
    readiness.add('database', () => Promise.resolve({ ok: false, detail: 'connection refused' }));
    expect(await readiness.report()).toEqual({
      status: 'failed',
      checks: { bus: { ok: true }, database: { ok: false, detail: 'connection refused' } },
    });
  });

  it('is degraded when a check is', async () => {
    const readiness = new Readiness();
    readiness.add('projection', () => ({ ok: true, degraded: true, detail: '3 s behind' }));
    expect((await readiness.report()).status).toBe('degraded');
  });

  it('counts a check that throws as failed', async () => {
    const readiness = new Readiness();
    readiness.add('bus', () => {
      throw new Error('closed');
    });
    expect((await readiness.report()).checks).toEqual({ bus: { ok: false, detail: 'closed' } });
  });

  it('counts a check that does not answer as failed', async () => {
    jest.useFakeTimers();
    const readiness = new Readiness();
    readiness.add('bus', () => new Promise(() => undefined));
    const report = readiness.report();
    await jest.advanceTimersByTimeAsync(1_000);
    expect((await report).checks).toEqual({ bus: { ok: false, detail: 'no answer in 1000 ms' } });
    jest.useRealTimers();
  });

  it('forgets a check that was taken away, and refuses a second one of the same name', async () => {
    const readiness = new Readiness();
    const remove = readiness.add('starting', () => ({ ok: false }));
    expect(() => readiness.add('starting', () => ({ ok: true }))).toThrow('already');
    remove();
    expect((await readiness.report()).status).toBe('ok');
  });
});
