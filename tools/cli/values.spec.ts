import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from '@jest/globals';
import { count, duration, instant, isInstant, list, whenLater } from './values.ts';
import { bytes, number, several, span, time } from './words.ts';

describe('values of options', () => {
  it('are lists with commas, or said several times', () => {
    expect(list('a, b,', ['z'])).toEqual(['z', 'a', 'b']);
  });

  it('are whole numbers within bounds', () => {
    expect(count(5)('5')).toBe(5);
    for (const text of ['0', '6', '1.5', '1e0', '-1', '', 'x'])
      expect(() => count(5)(text)).toThrow(InvalidArgumentError);
  });

  it('are spans of time', () => {
    expect(['45s', '30m', '12h', '90d'].map(duration)).toEqual([
      45_000, 1_800_000, 43_200_000, 7_776_000_000,
    ]);
    expect(['', '5', 'd', '1.5h', '5w'].map(duration)).toEqual(Array(5).fill(undefined));
  });

  it('are instants', () => {
    expect(['2026-01-31', '2026-01-31T12:00Z', '2026-01-31T12:00:00.5+02:00'].every(isInstant)).toBe(true);
    expect(['2026', '31.1.2026', '2026-13-01', '2026-01-31T12:00:00', 'now'].some(isInstant)).toBe(false);
    expect(instant('2026-01-31T12:00:00+02:00')).toBe('2026-01-31T10:00:00.000Z');
    expect(() => instant('now')).toThrow(InvalidArgumentError);
  });

  it('are times to come, from now or by name', () => {
    expect(Date.parse(whenLater('1h')) - Date.now()).toBeGreaterThan(3_500_000);
    expect(whenLater('2030-01-31')).toBe('2030-01-31T00:00:00.000Z');
    expect(() => whenLater('soon')).toThrow(InvalidArgumentError);
  });
});

describe('words for people', () => {
  it('say sizes, numbers, spans and times', () => {
    expect([0, 1023, 1024, 746_291, 5e12].map(bytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '728.8 KiB',
      '4.5 TiB',
    ]);
    expect(number(1_234_567)).toBe('1,234,567');
    expect([0.42, 42, 300, 9000, 1e6].map(span)).toEqual(['0.4 s', '42 s', '5 min', '3 h', '12 d']);
    expect(time('2026-01-31T12:00:00.123456789Z')).toBe('2026-01-31 12:00:00');
    expect([several(1, 'letter'), several(2000, 'letter'), several(0, 'entry', 'entries')]).toEqual([
      '1 letter',
      '2,000 letters',
      '0 entries',
    ]);
  });
});
