import { describe, expect, it } from '@jest/globals';
import { lists } from './not-modified.ts';

describe('If-None-Match', () => {
  it.each(['"3"', 'W/"3"', '"1", "3"', '*'])('lists "3": %s', (value) => {
    expect(lists(value, '"3"')).toBe(true);
  });

  it.each(['"33"', '3', '', '"1", "2"'])('does not list "3": %j', (value) => {
    expect(lists(value, '"3"')).toBe(false);
  });
});
