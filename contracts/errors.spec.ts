import { describe, expect, it } from '@jest/globals';
import { ERRORS, isErrorCode, Problem } from './errors.ts';

describe('the errors table', () => {
  it.each(Object.entries(ERRORS))(
    'gives %s a client or server status, a title and an action',
    (_code, entry) => {
      expect(entry.status).toBeGreaterThanOrEqual(400);
      expect(entry.status).toBeLessThan(600);
      expect(entry.title).not.toMatch(/\.$/);
      expect(entry.action).toMatch(/\.$/);
    },
  );

  it('takes its own codes alone', () => {
    expect(isErrorCode('not_found')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
    expect(isErrorCode(undefined)).toBe(false);
  });

  it('gives a problem its title where nothing more is said', () => {
    expect(new Problem('not_found').message).toBe(ERRORS.not_found.title);
    expect(new Problem('not_found', 'no form x').message).toBe('no form x');
  });
});
