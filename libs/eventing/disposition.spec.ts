import { describe, expect, it } from '@jest/globals';
import { Deferred, dispose, isPoison, Permanent, Retryable } from './disposition.ts';

describe('what becomes of a failed message', () => {
  const table = [10, 20];

  it('is another try after each pause of the table, then the dead letters', () => {
    for (const error of [new Error('any'), new Retryable('r'), 'a string']) {
      expect([1, 2, 3].map((attempt) => dispose(error, attempt, table, 0))).toEqual([
        { kind: 'retry', delayMs: 10 },
        { kind: 'retry', delayMs: 20 },
        { kind: 'park' },
      ]);
    }
  });

  it('is the dead letters at once for what is permanent', () => {
    expect(dispose(new Permanent('p'), 1, table, 0)).toEqual({ kind: 'park' });
  });

  it('is a wait for what is deferred, whatever the attempt', () => {
    expect(dispose(new Deferred(new Date(5000)), 9, table, 2000)).toEqual({ kind: 'defer', delayMs: 3000 });
    expect(dispose(new Deferred(new Date(5000)), 9, table, 9000)).toEqual({ kind: 'defer', delayMs: 0 });
  });

  it('is no try at all once it was delivered far more often than it may fail', () => {
    expect(isPoison(3, table)).toBe(false);
    expect(isPoison(24, table)).toBe(true);
  });
});
