import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redact, SECRET_FIELDS } from './redaction.ts';

describe('redaction', () => {
  it('gives back the very same object when there is nothing to hide', () => {
    const fields = { a: 1, list: [{ b: 2 }], none: null };
    expect(redact(fields)).toBe(fields);
  });

  it('hides within lists, and leaves what it was given untouched', () => {
    const fields = { rows: [{ answers: { name: 'Ada' }, id: 1 }] };
    expect(redact(fields)).toEqual({ rows: [{ answers: '[redacted]', id: 1 }] });
    expect(fields.rows[0]?.answers).toEqual({ name: 'Ada' });
  });

  it('lets errors and dates through to their serializers', () => {
    const fields = { err: new Error('x'), at: new Date(0) };
    expect(redact(fields)).toBe(fields);
  });

  it('lets no value of a secret field through, wherever it lies', () => {
    const nested = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 8 }, fc.integer(), fc.array(tie('value'), { maxLength: 3 }), tie('object')),
      object: fc.dictionary(
        fc.oneof(fc.constantFrom(...SECRET_FIELDS), fc.constantFrom('a', 'b')),
        fc.oneof(fc.constant('HIDE ME'), tie('value')),
      ),
    })).object;
    fc.assert(
      fc.property(nested, (fields) => {
        const withoutOthers = JSON.stringify(redact(fields), (name, value: unknown) =>
          name === 'a' || name === 'b' ? (value === 'HIDE ME' ? undefined : value) : value,
        );
        expect(withoutOthers).not.toContain('HIDE ME');
      }),
    );
  });
});
