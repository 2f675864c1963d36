import { describe, expect, it } from '@jest/globals';
import { isBelow } from './bus.ts';

describe('the version floor', () => {
  it.each([
    ['2.14.9', true],
    ['2.9.22', true],
    ['1.99.99', true],
    ['2.15.0', false],
    ['2.15.1', false],
    ['2.16.0-beta.1', false],
    ['3.0.0', false],
    ['2.15', false],
    ['nonsense', true],
  ])('%s is below 2.15.0: %s', (version, below) => {
    expect(isBelow(version, '2.15.0')).toBe(below);
  });
});
