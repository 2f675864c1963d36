import { describe, expect, it } from '@jest/globals';
import { EgressFailed, EgressRefused } from '#security/egress/errors';
import { judgeError, judgeStatus } from './verdict.ts';

const judge = (status: number, retryAfter?: string) => judgeStatus(status, retryAfter, 0);

describe('an answer', () => {
  it.each([200, 201, 202, 204, 299])('of %i is a success', (status) => {
    expect(judge(status)).toEqual({ ok: true });
  });

  it.each([199, 300, 301, 302, 307, 308, 400, 404, 500, 503])('of %i is a failure, and no more', (status) => {
    expect(judge(status)).toMatchObject({ ok: false, gone: false, throttleMs: undefined });
  });

  it('of a redirect says what to do', () => {
    expect(judge(301)).toMatchObject({ error: { detail: expect.stringContaining('change the URL') } });
  });

  it('of 410 ends it', () => {
    expect(judge(410)).toMatchObject({ ok: false, gone: true });
  });

  it.each([429, 502, 504])('of %i slows down, for as long as it says', (status) => {
    expect(judge(status)).toMatchObject({ throttleMs: 5_000, retryAfterMs: undefined });
    expect(judge(status, '30')).toMatchObject({ throttleMs: 30_000, retryAfterMs: 30_000 });
  });

  it('of 503 slows down only when it says for how long', () => {
    expect(judge(503, '7')).toMatchObject({ throttleMs: 7_000, retryAfterMs: 7_000 });
  });
});

describe('no answer', () => {
  it('is a failure that says why', () => {
    expect(judgeError(new EgressFailed('TIMEOUT', 'no answer'))).toMatchObject({
      ok: false,
      gone: false,
      error: { code: 'timeout', detail: 'no answer' },
    });
    expect(judgeError(new EgressRefused('address', 'it is private'))).toMatchObject({
      error: { code: 'refused_target' },
    });
  });

  it('for a reason of our own is no verdict on the endpoint', () => {
    expect(() => judgeError(new Error('bug'))).toThrow('bug');
  });
});
