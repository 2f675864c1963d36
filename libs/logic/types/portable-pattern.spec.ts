import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePattern } from '../cel/pattern.ts';
import { portablePattern } from './portable-pattern.ts';

describe('a pattern in the syntax of JSON Schema', () => {
  it.each([
    ['^[0-9]{5}$', '^[0-9]{5}$'],
    ['(?:a|b)+', '(?:a|b)+'],
    ['\\p{L}', '\\p{L}'],
    ['a.c', 'a[^\\n]c'],
    ['\\.[.]', '\\.[.]'],
    ['^\\S\\s', '^[^\\t\\n\\f\\r ][\\t\\n\\f\\r ]'],
    ['[\\s\\]x]', '[\\t\\n\\f\\r \\]x]'],
  ])('%j is %j', (source, expected) => {
    expect(portablePattern(source)).toBe(expected);
  });

  it.each(['(?i)x', '(?i:x)', '(?P<year>x)', '[^\\S]', '\\Ax', '[[:alpha:]]', '\\pL'])(
    '%j is left out, for JavaScript cannot say it',
    (source) => {
      expect(portablePattern(source)).toBeUndefined();
    },
  );

  it('finds what the pattern of RE2 finds', () => {
    const part = fc.constantFrom(
      '.',
      '\\s',
      '\\S',
      '[\\s,]',
      '[^\\s]',
      '\\w',
      '\\d',
      'a',
      '\\.',
      '^',
      '$',
      '|',
    );
    const texts = fc.string({
      unit: fc.constantFrom('a', '.', '1', ' ', ',', '\n', '\r', '\v', '\u00a0', '\u2028', '😀'),
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), texts, (parts, text) => {
        const source = parts.join('');
        const [re2, portable] = [compilePattern(source), portablePattern(source)];
        if (typeof re2 === 'string' || portable === undefined) throw new Error(`not read: ${source}`);
        expect(new RegExp(portable, 'u').test(text)).toBe(re2.test(text));
      }),
      { numRuns: 1000 },
    );
  });
});
