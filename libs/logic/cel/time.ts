import { timestamp } from './operators.ts';
import { Duration, failed, type Value } from './value.ts';

const DAY = 86_400_000;

/** The instant at which a calendar date begins in UTC, or undefined when there is no such date. */
export function parseDate(text: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith('0000')) return undefined;
  const date = new Date(`${text}T00:00:00Z`);
  // engines roll 30 February over into March rather than refuse it
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? date : undefined;
}

/** A date and time of RFC 3339, but for leap seconds; whether the day is one of the calendar is not looked at. */
export const INSTANT =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,9}))?(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))$/;

/** An RFC 3339 instant, to the millisecond; undefined for anything else, leap seconds among it. */
export function parseInstant(text: string): Date | undefined {
  if (text.length > 40) return undefined;
  const match = INSTANT.exec(text);
  const day = match?.[1] === undefined ? undefined : parseDate(match[1]);
  if (!match || !day) return undefined;
  const [, , hours, minutes, seconds, fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = match;
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000 * (sign === '-' ? -1 : 1);
  const clock = (Number(hours) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1000;
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const instant = timestamp(day.getTime() + clock + ms - offset);
  return instant instanceof Date ? instant : undefined;
}

const UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** A span as CEL writes it: `72h`, `1h30m`, `-1.5s`. */
export function parseDuration(text: string): Value {
  const refuse = failed(`not a duration such as 72h or 1h30m: ${JSON.stringify(text.slice(0, 40))}`);
  const match = /^([+-]?)((?:\d{1,15}(?:\.\d{0,15})?(?:ns|us|µs|ms|s|m|h)){1,7})$/.exec(text);
  if (match?.[2] === undefined) return refuse;
  let ms = 0;
  for (const [, amount, unit] of match[2].matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)) {
    ms += Number(amount) * (UNITS[unit ?? ''] ?? Number.NaN);
  }
  return new Duration(match[1] === '-' ? -ms : ms);
}

export const startOfDay = (instant: Date): Date => new Date(Math.floor(instant.getTime() / DAY) * DAY);

/** Whole years from one day to another, in UTC; someone born on 29 February comes of age on 1 March. */
export function yearsBetween(from: Date, to: Date): bigint {
  const years = to.getUTCFullYear() - from.getUTCFullYear();
  const months = to.getUTCMonth() - from.getUTCMonth();
  const before = months < 0 || (months === 0 && to.getUTCDate() < from.getUTCDate());
  return BigInt(before ? years - 1 : years);
}

export function dayOfYear(instant: Date): number {
  const start = new Date(0);
  start.setUTCFullYear(instant.getUTCFullYear(), 0, 1);
  return Math.floor((instant.getTime() - start.getTime()) / DAY);
}
