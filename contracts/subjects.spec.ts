import { describe, expect, it } from '@jest/globals';
import { isToken, subjects } from './subjects.ts';

describe('subjects', () => {
  it('are literal, with the aggregate as last token', () => {
    expect(subjects.submission('w', 'contact', 's1')).toBe('evt.w.submission.contact.s1');
    expect(subjects.dataKey('w', 's1')).toBe('key.w.s1');
  });

  it.each(['', 'a.b', '*', '>', 'a b', 'x'.repeat(65), 'ä'])('never take %j as a token', (value) => {
    expect(isToken(value)).toBe(false);
    expect(() => subjects.form('w', value)).toThrow(RangeError);
  });

  it('keep the workspace key apart from the data keys', () => {
    expect(subjects.workspaceKey('w')).not.toBe(subjects.dataKey('w', 'workspace'));
  });
});
