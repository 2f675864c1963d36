import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDate, parseDuration, parseInstant, startOfDay, yearsBetween } from './time.ts';
import { Duration } from './value.ts';

const instants = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true });

describe('times', () => {
  it('reads back every date that it writes', () => {
    fc.assert(
      fc.property(instants, (instant) => {
        const text = instant.toISOString().slice(0, 10);
        expect(parseDate(text)).toEqual(startOfDay(instant));
      }),
    );
  });

  it('reads back every instant that it writes, whatever its offset', () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: -23 * 60, max: 23 * 60 }), (instant, offset) => {
        const local = new Date(instant.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
        const zone = `${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
        expect(parseInstant(local + zone)).toEqual(instant);
      }),
    );
  });

  it('reads any text without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseDate(text);
        parseInstant(text);
        parseDuration(text);
      }),
    );
  });

  it.each([
    ['72h', 259_200_000],
    ['1h30m', 5_400_000],
    ['-1.5s', -1500],
    ['+10ms', 10],
    ['1us', 0.001],
  ])('reads the duration %s', (text, ms) => {
    expect(parseDuration(text)).toEqual(new Duration(ms));
  });

  it('adds a year of age on the birthday', () => {
    const born = new Date('2004-02-29');
    expect(yearsBetween(born, new Date('2023-02-28'))).toBe(18n);
    expect(yearsBetween(born, new Date('2023-03-01'))).toBe(19n);
    expect(yearsBetween(born, new Date('2024-02-29'))).toBe(20n);
  });
});
