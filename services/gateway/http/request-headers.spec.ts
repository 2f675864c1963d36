import { describe, expect, it } from '@jest/globals';
import { readIdempotencyKey, readIfMatch } from './request-headers.ts';

describe('Idempotency-Key', () => {
  it('is taken as sent, and null when there is none', () => {
    expect(readIdempotencyKey('7273668')).toBe('7273668');
    expect(readIdempotencyKey('order 12 / part 3')).toBe('order 12 / part 3');
    expect(readIdempotencyKey(undefined)).toBeNull();
  });

  it.each(['', ' padded', 'padded ', 'ünïcode', 'x'.repeat(256), 'tab\tinside'])(
    'is refused: %j',
    (value) => {
      expect(() => readIdempotencyKey(value)).toThrow(expect.objectContaining({ code: 'bad_request' }));
    },
  );
});

describe('If-Match', () => {
  it('names a version; an asterisk takes any', () => {
    expect(readIfMatch('"12"')).toBe(12);
    expect(readIfMatch('*')).toBeNull();
    expect(readIfMatch(undefined)).toBeNull();
  });

  it.each(['12', 'W/"12"', '"0"', '"abc"', '"1", "2"', ''])('is refused: %j', (value) => {
    expect(() => readIfMatch(value)).toThrow(expect.objectContaining({ code: 'bad_request' }));
  });
});
