import { describe, expect, it } from '@jest/globals';
import { checkBody } from './body-limits.ts';

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

describe('a body', () => {
  it('may be any JSON of a sane depth', () => {
    expect(() => checkBody({ answers: { a: [1, 'x', null, true, { b: 2 }] } })).not.toThrow();
    expect(() => checkBody(undefined)).not.toThrow();
    expect(() => checkBody(nested(60))).not.toThrow();
  });

  it.each([100, 10_000])('is refused at a depth of %i', (depth) => {
    expect(() => checkBody(nested(depth))).toThrow(expect.objectContaining({ code: 'bad_request' }));
  });

  it('is refused for a number that no number holds', () => {
    expect(() => checkBody(JSON.parse('{"answers":{"a":1e999}}'))).toThrow(
      expect.objectContaining({ code: 'bad_request' }),
    );
  });

  it.each([
    ['__proto__', '{"answers":{"__proto__":{"a":1}}}'],
    ['__proto__', '{"answers":[{"\\u005f_proto__":1}]}'],
    ['constructor', '{"answers":{"constructor":{"prototype":1}}}'],
  ])('is refused for a property %s, which it names', (name, text) => {
    expect(() => checkBody(JSON.parse(text))).toThrow(
      expect.objectContaining({ code: 'bad_request', message: expect.stringContaining(name) }),
    );
  });

  it('may have a property of an innocent name', () => {
    expect(() => checkBody({ answers: { constructor: 'Brunel', prototype: 1, proto: {} } })).not.toThrow();
  });

  it('is walked in time for its size alone', () => {
    expect(() =>
      checkBody({ answers: { many: Array.from({ length: 100_000 }, (_, i) => i) } }),
    ).not.toThrow();
  });
});
