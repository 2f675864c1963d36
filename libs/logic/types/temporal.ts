import type { FieldOf } from '#contracts/form/definition-fields';
import { INSTANT, parseDate, parseInstant } from '../cel/time.ts';
import { boundsFault, type Answer, type FieldFault, type FieldKind, type Reader } from './kind.ts';

type Parse = (text: string) => Date | undefined;
interface Bounds {
  readonly min?: string | undefined;
  readonly max?: string | undefined;
}

function temporalFaults({ min, max }: Bounds, parse: Parse, what: string): readonly FieldFault[] {
  const unreadable = Object.entries({ min, max }).flatMap(([name, text]) =>
    text === undefined || parse(text) ? [] : [{ path: `/${name}`, message: `${name} is not ${what}` }],
  );
  if (unreadable.length > 0) return unreadable;
  const [lower, upper] = [min, max].map((text) =>
    text === undefined ? undefined : parse(text)?.toISOString(),
  );
  return boundsFault(['min', lower], ['max', upper]);
}

const DAY = { year: 'numeric', month: 'long', day: 'numeric', timeZone: 'UTC' } as const;
const MINUTE = { ...DAY, hour: 'numeric', minute: '2-digit', timeZoneName: 'short' } as const;

function shown(answer: Answer, parse: Parse, { locale }: Reader, parts: Intl.DateTimeFormatOptions): string {
  const text = String(answer);
  const instant = parse(text);
  return instant === undefined ? text : new Intl.DateTimeFormat([locale, 'en'], parts).format(instant);
}

/** The calendar begins with the year 1; the formats of JSON Schema do not say so. */
const NO_YEAR_ZERO = { not: { pattern: '^0000' } };

const date: FieldKind<FieldOf<'date'>> = {
  celType: 'google.protobuf.Timestamp',
  faults: (field) => temporalFaults(field, parseDate, 'a date of the calendar'),
  reader:
    ({ min, max }) =>
    (raw, report) => {
      const value = typeof raw === 'string' ? parseDate(raw) : undefined;
      if (typeof raw !== 'string' || !value) return void report('type.date');
      // dates of four-digit years are in order as text
      if (min !== undefined && raw < min) report('too_early', { min });
      if (max !== undefined && raw > max) report('too_late', { max });
      return { answer: raw, value };
    },
  schema: () => ({ type: 'string', format: 'date', ...NO_YEAR_ZERO }),
  show: (_field, answer, reader) => shown(answer, parseDate, reader, DAY),
};

const dateTime: FieldKind<FieldOf<'dateTime'>> = {
  celType: 'google.protobuf.Timestamp',
  faults: (field) => temporalFaults(field, parseInstant, 'a date and time of RFC 3339'),
  reader({ min, max }) {
    const [lower, upper] = [min, max].map((text) => (text === undefined ? undefined : parseInstant(text)));
    return (raw, report) => {
      const value = typeof raw === 'string' ? parseInstant(raw) : undefined;
      if (!value) return void report('type.dateTime');
      if (lower && value < lower) report('too_early', { min: lower.toISOString() });
      if (upper && value > upper) report('too_late', { max: upper.toISOString() });
      return { answer: value.toISOString(), value };
    };
  },
  schema: () => ({ type: 'string', format: 'date-time', pattern: INSTANT.source, ...NO_YEAR_ZERO }),
  show: (_field, answer, reader) => shown(answer, parseInstant, reader, MINUTE),
};

export const temporalKinds = { date, dateTime };
