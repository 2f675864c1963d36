import type { Scope } from './scope.ts';
import { int, timestamp } from './operators.ts';
import { mistyped } from './stopped.ts';
import { dayOfYear, parseDate, parseDuration, parseInstant, startOfDay, yearsBetween } from './time.ts';
import { Duration, failed, isList, type Known, type Value } from './value.ts';

/**
 * The functions of rules, by how they are called: `size/1` is size(x), `.size/0` is x.size(). Arguments are known
 * and of types that the checker let through. Whatever CEL offers besides is refused when the form is compiled.
 * Times are read in UTC, so that a rule means the same wherever it runs.
 */
export type RuleFunction = (args: readonly Known[], scope: Scope) => Value;

const text = (value: Known | undefined): string =>
  typeof value === 'string' ? value : mistyped('a function of text');
const instant = (value: Known | undefined): Date =>
  value instanceof Date ? value : mistyped('a function of time');

/** Steps for handling a text once. */
const scan = (value: string, scope: Scope): void => scope.budget.spend(1 + (value.length >> 3));

const ASTRAL = /[\ud800-\udbff][\udc00-\udfff]/;
/** Characters as CEL counts them: code points. */
const points = (value: string): string | readonly string[] => (ASTRAL.test(value) ? [...value] : value);

const size: RuleFunction = ([value], scope) => {
  if (typeof value === 'string') {
    scan(value, scope);
    return BigInt(points(value).length);
  }
  if (isList(value)) return BigInt(value.length);
  return value instanceof Map ? BigInt(value.size) : failed('no size');
};

const onText =
  (apply: (value: string, argument: string) => Value): RuleFunction =>
  ([value, argument = ''], scope) => {
    const [whole, part] = [text(value), text(argument)];
    scan(whole, scope);
    // engines search long texts in long texts in time of their product at worst
    if (part.length > 8) scope.budget.spend((whole.length * part.length) / 64);
    return apply(whole, part);
  };

const position = (whole: string, at: number): Value =>
  BigInt(at > 0 && ASTRAL.test(whole) ? [...whole.slice(0, at)].length : at);

const substring: RuleFunction = ([value, from, to], scope) => {
  const whole = text(value);
  scan(whole, scope);
  const characters = points(whole);
  const start = Number(from);
  const end = to === undefined ? characters.length : Number(to);
  if (start < 0 || end > characters.length || start > end) return failed(`no characters ${start} to ${end}`);
  const part = characters.slice(start, end);
  return typeof part === 'string' ? part : part.join('');
};

const split = onText((value, separator) => value.split(separator));

const join: RuleFunction = ([list, separator], scope) => {
  const joined = (isList(list) ? list : []).map(text).join(separator === undefined ? '' : text(separator));
  scope.budget.spend(joined.length);
  return joined;
};

const toInt: RuleFunction = ([value]) => {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? int(BigInt(Math.trunc(value))) : failed('not a number that int can hold');
  }
  const digits = text(value);
  return /^-?\d{1,19}$/.test(digits) ? int(BigInt(digits)) : failed('not a whole number');
};

const toDouble: RuleFunction = ([value]) => {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  const digits = text(value);
  return digits.length <= 400 && /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(digits)
    ? Number(digits)
    : failed('not a number');
};

const toBool: RuleFunction = ([value]) => {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  return value === 'false' ? false : failed('neither "true" nor "false"');
};

const toText: RuleFunction = ([value]) =>
  value === null || typeof value === 'object' ? failed('no text for this value') : String(value);

const toTimestamp: RuleFunction = ([value]) => {
  if (typeof value === 'bigint') return timestamp(Number(value) * 1000);
  const written = text(value);
  return parseInstant(written) ?? failed(`not an RFC 3339 instant: ${JSON.stringify(written.slice(0, 40))}`);
};

const toDate: RuleFunction = ([value]) => {
  const written = text(value);
  return (
    parseDate(written) ?? failed(`not a date such as 2024-02-29: ${JSON.stringify(written.slice(0, 40))}`)
  );
};

const part =
  (ofDate: (date: Date) => number, ofDuration?: (ms: number) => number): RuleFunction =>
  ([value]) => {
    if (value instanceof Duration && ofDuration) return BigInt(Math.trunc(ofDuration(value.ms)));
    return BigInt(ofDate(instant(value)));
  };

const lower = onText((value) => value.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()));
const upper = onText((value) => value.replace(/[a-z]+/g, (letters) => letters.toUpperCase()));

export const FUNCTIONS: Readonly<Record<string, RuleFunction>> = {
  'size/1': size,
  '.size/0': size,
  '.contains/1': onText((value, part) => value.includes(part)),
  '.startsWith/1': onText((value, part) => value.startsWith(part)),
  '.endsWith/1': onText((value, part) => value.endsWith(part)),
  '.indexOf/1': onText((value, part) => position(value, value.indexOf(part))),
  '.lastIndexOf/1': onText((value, part) => position(value, value.lastIndexOf(part))),
  '.lowerAscii/0': lower,
  '.upperAscii/0': upper,
  '.trim/0': onText((value) => value.trim()),
  '.substring/1': substring,
  '.substring/2': substring,
  '.split/1': split,
  '.join/0': join,
  '.join/1': join,
  'int/1': toInt,
  'double/1': toDouble,
  'bool/1': toBool,
  'string/1': toText,
  'timestamp/1': toTimestamp,
  'date/1': toDate,
  'duration/1': ([value]) => parseDuration(text(value)),
  'today/0': (_args, scope) => startOfDay(scope.now),
  'age/1': ([born], scope) => yearsBetween(instant(born), scope.now),
  'age/2': ([born, on]) => yearsBetween(instant(born), instant(on)),
  '.getFullYear/0': part((date) => date.getUTCFullYear()),
  '.getMonth/0': part((date) => date.getUTCMonth()),
  '.getDate/0': part((date) => date.getUTCDate()),
  '.getDayOfMonth/0': part((date) => date.getUTCDate() - 1),
  '.getDayOfWeek/0': part((date) => date.getUTCDay()),
  '.getDayOfYear/0': part(dayOfYear),
  '.getHours/0': part(
    (date) => date.getUTCHours(),
    (ms) => ms / 3_600_000,
  ),
  '.getMinutes/0': part(
    (date) => date.getUTCMinutes(),
    (ms) => ms / 60_000,
  ),
  '.getSeconds/0': part(
    (date) => date.getUTCSeconds(),
    (ms) => ms / 1000,
  ),
  '.getMilliseconds/0': part(
    (date) => date.getUTCMilliseconds(),
    (ms) => ms,
  ),
};

/** Functions whose result depends on more than their arguments. */
export const IMPURE: ReadonlySet<string> = new Set(['today/0', 'age/1']);

/** Functions that are not CEL's own: declared to the type checker. */
export const SIGNATURES: readonly string[] = [
  'answered(dyn): bool',
  'today(): google.protobuf.Timestamp',
  'date(string): google.protobuf.Timestamp',
  'age(google.protobuf.Timestamp): int',
  'age(google.protobuf.Timestamp, google.protobuf.Timestamp): int',
];
