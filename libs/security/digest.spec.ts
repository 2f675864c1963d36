import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { validate, version } from 'uuid';
import { derivedId, digest } from './digest.ts';

describe('digest', () => {
  it('does not depend on the order of properties', () => {
    expect(digest({ a: 1, b: [true, null] })).toBe(digest({ b: [true, null], a: 1 }));
  });

  it('tells different values apart', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(digest(a) === digest(b)).toBe(digest([a]) === digest([b]));
      }),
    );
    expect(digest({ a: 1 })).not.toBe(digest({ a: '1' }));
  });
});

describe('derivedId', () => {
  it('is a UUID of version 8, the same for the same parts', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (parts) => {
        const id = derivedId(...parts);
        expect(validate(id) && version(id) === 8).toBe(true);
        expect(derivedId(...parts)).toBe(id);
      }),
    );
  });

  it('differs when the same text is cut elsewhere', () => {
    expect(derivedId('ab', 'c')).not.toBe(derivedId('a', 'bc'));
  });
});
