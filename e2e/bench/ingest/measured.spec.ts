import { describe, expect, it } from '@jest/globals';
import { cpuPerSubmission, pool } from './measured.ts';

describe('stretches of one load', () => {
  it('count together, each by its length', () => {
    const pooled = pool([
      { accepted: 2, acceptedInAll: 0, seconds: 1, latenciesMs: Float64Array.of(1, 9), errors: {} },
      {
        accepted: 4,
        acceptedInAll: 0,
        seconds: 2,
        latenciesMs: Float64Array.of(2, 3, 4, 5),
        errors: { 'status 503': 2 },
      },
      {
        accepted: 0,
        acceptedInAll: 0,
        seconds: 1,
        latenciesMs: new Float64Array(),
        errors: { 'status 503': 1, reset: 1 },
      },
    ]);
    expect(pooled).toEqual({
      accepted: 6,
      perSecond: 1.5,
      p50ms: 3,
      p95ms: 9,
      p99ms: 9,
      errors: 4,
      errorsBy: { 'status 503': 3, reset: 1 },
    });
  });

  it('say what each process took for a submission', () => {
    const stretches: Parameters<typeof cpuPerSubmission>[0] = [
      { before: { forms: 1 }, after: { forms: 3, nats: 0.5 }, submissions: 600 },
      { before: { forms: 3, nats: 0.5 }, after: { forms: 3, nats: 1 }, submissions: 400 },
    ];
    expect(cpuPerSubmission(stretches)).toEqual({ forms: 2, nats: 1, all: 3 });
  });
});
