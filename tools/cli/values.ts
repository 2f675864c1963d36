import { InvalidArgumentError } from 'commander';

/** Reads an option that may be given several times, or once with commas. */
export const list = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== ''),
];

/** Reads a whole number from 1 to `most`. */
export const count =
  (most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
  };

const DURATION = /^(\d+)(s|m|h|d)$/;
const MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of `90d`, `12h`, `30m` or `45s`; undefined for anything else. */
export function duration(text: string): number | undefined {
  const match = DURATION.exec(text);
  return match === null ? undefined : Number(match[1]) * MS[match[2] as keyof typeof MS];
}

/** Whether it says a time: RFC 3339, or a day. */
export const isInstant = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text) &&
  !Number.isNaN(Date.parse(text));

/** Reads a time to come: an instant, or how long from now (`90d`). */
export function whenLater(text: string): string {
  const ms = duration(text);
  if (ms !== undefined) return new Date(Date.now() + ms).toISOString();
  if (isInstant(text)) return new Date(text).toISOString();
  throw new InvalidArgumentError('It must be a time like 2030-01-31T12:00:00Z, or like 90d from now.');
}

/** Reads a time. */
export function instant(text: string): string {
  if (isInstant(text)) return new Date(text).toISOString();
  throw new InvalidArgumentError('It must be a time like 2026-01-31T12:00:00Z, or a day.');
}
