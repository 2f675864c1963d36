import { describe, expect, it } from '@jest/globals';
import { acceptsJson } from './accept.ts';

describe('an Accept header', () => {
  it.each([
    '*/*',
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/problem+json',
    'application/*;q=0.5',
    'text/html, application/xhtml+xml, */*;q=0.8',
    'text/csv, application/json;q=0.1',
  ])('takes JSON: %s', (accept) => {
    expect(acceptsJson(accept)).toBe(true);
  });

  it.each(['text/csv', 'text/*', 'application/xml', 'application/json;q=0', 'application/json; q=0.000', ''])(
    'takes no JSON: %j',
    (accept) => {
      expect(acceptsJson(accept)).toBe(false);
    },
  );
});
