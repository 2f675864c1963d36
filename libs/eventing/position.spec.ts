import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatPosition, parsePosition } from './position.ts';

const epochs = fc.stringMatching(/^[a-z0-9]{1,32}$/);
const seqs = fc.nat({ max: Number.MAX_SAFE_INTEGER });

describe('a position', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(epochs, seqs, (epoch, seq) => parsePosition(formatPosition(epoch, seq), epoch) === seq),
    );
  });

  it('is refused in another epoch', () => {
    fc.assert(
      fc.property(epochs, epochs, seqs, (one, other, seq) => {
        fc.pre(one !== other);
        expect(() => parsePosition(formatPosition(one, seq), other)).toThrow(
          expect.objectContaining({ code: 'bad_position' }),
        );
      }),
    );
  });

  it.each([
    '',
    '7',
    'abc',
    'abc.',
    '.7',
    'abc.-1',
    'abc.07',
    'abc.1e3',
    'abc. 7',
    'ABC.7',
    'abc.7.8',
    'abc.99999999999999999',
  ])('is refused when malformed: %j', (text) => {
    expect(() => parsePosition(text, 'abc')).toThrow(expect.objectContaining({ code: 'bad_position' }));
  });
});
