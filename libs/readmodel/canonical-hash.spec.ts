import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { documentHash, SetHash } from './canonical-hash.ts';

const hash = (fields: object): string => documentHash({ _id: 'a', _seq: 1, ...fields }).toString('hex');

describe('the canonical hash of a document', () => {
  it('does not depend on the order of fields, at any depth', () => {
    expect(hash({ a: 1, b: { c: [1], d: 2 } })).toBe(hash({ b: { d: 2, c: [1] }, a: 1 }));
  });

  it('depends on every field and value, the sequence among them', () => {
    const forms = [
      {},
      { a: 1 },
      { a: '1' },
      { a: null },
      { a: [1] },
      { a: 1, b: 1 },
      { a: new Date(1) },
      { a: [1, 2] },
      { a: [2, 1] },
      { _seq: 2 },
    ];
    expect(new Set(forms.map(hash)).size).toBe(forms.length);
  });
});

describe('the hash of a set', () => {
  const set = (hashes: readonly Buffer[]): string => {
    const sum = new SetHash();
    for (const one of hashes) sum.add(one);
    return sum.toString();
  };
  const documents = fc
    .uniqueArray(fc.nat(), { minLength: 2, maxLength: 20 })
    .map((ids) => ids.map((id) => documentHash({ _id: `${id}`, _seq: id })));

  it('does not depend on the order', () => {
    fc.assert(fc.property(documents, (hashes) => expect(set(hashes.toReversed())).toBe(set(hashes))));
  });

  it('changes when one is left out, added or taken twice', () => {
    fc.assert(
      fc.property(documents, (hashes) => {
        const [first] = hashes as [Buffer];
        expect(set(hashes.slice(1))).not.toBe(set(hashes));
        expect(set([...hashes, first])).not.toBe(set(hashes));
        expect(set([first, ...hashes.slice(1), first])).not.toBe(set(hashes));
      }),
    );
  });

  it('of nothing is zero', () => {
    expect(set([])).toBe('0'.repeat(64));
  });
});
