import { describe, expect, it } from '@jest/globals';
import { DataKey } from './data-key.ts';

const key = new DataKey(Buffer.from(Array.from({ length: 32 }, (_, i) => i)));

describe('a data key', () => {
  it('gives the codes that it gave when the log began: they lie in it, and are compared with', () => {
    expect(key.mac('a')).toBe('KvxLfJ6W949lymE4sXe0nlN201q0yYI_951e-879wgI');
  });

  it('gives for another use the key that HKDF-Expand of RFC 5869 gives', () => {
    const expected = 'c6722ea1481bed7042e4f3aea5a8fc5c90ee3ee14ac095f92c61f9dc700cfd17';
    expect(key.derive('formbus custody v1\nüx').export().toString('hex')).toBe(expected);
  });
});
