import type { Scope } from './scope.ts';
import { mistyped } from './stopped.ts';
import { Duration, equal, failed, isList, type Known, type Value } from './value.ts';

/** A binary operator on known operands, of types that the checker has let through. */
export type Binary = (left: Known, right: Known, scope: Scope) => Value;

const INT_MAX = 2n ** 63n - 1n;
const INT_MIN = -(2n ** 63n);

export const int = (value: bigint): Value =>
  value > INT_MAX || value < INT_MIN ? failed('the number leaves the range of int') : value;

const FIRST_INSTANT = -62_135_596_800_000; // 0001-01-01T00:00:00Z
const LAST_INSTANT = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z

export const timestamp = (ms: number): Value =>
  ms >= FIRST_INSTANT && ms <= LAST_INSTANT ? new Date(ms) : failed('the time leaves the years 1 to 9999');

const add: Binary = (a, b, scope) => {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(a + b);
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (typeof a === 'string' && typeof b === 'string') {
    scope.budget.spend(a.length + b.length);
    return a + b;
  }
  if (isList(a) && isList(b)) {
    scope.budget.spend(a.length + b.length);
    return [...a, ...b];
  }
  if (a instanceof Date && b instanceof Duration) return timestamp(a.getTime() + b.ms);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.ms + b.ms);
  return mistyped('+');
};

const subtract: Binary = (a, b) => {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(a - b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (a instanceof Date && b instanceof Date) return new Duration(a.getTime() - b.getTime());
  if (a instanceof Date && b instanceof Duration) return timestamp(a.getTime() - b.ms);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.ms - b.ms);
  return mistyped('-');
};

const multiply: Binary = (a, b) => {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(a * b);
  return typeof a === 'number' && typeof b === 'number' ? a * b : mistyped('*');
};

const divide: Binary = (a, b) => {
  if (typeof a === 'number' && typeof b === 'number') return a / b;
  if (typeof a !== 'bigint' || typeof b !== 'bigint') return mistyped('/');
  return b === 0n ? failed('division by zero') : int(a / b);
};

const modulo: Binary = (a, b) => {
  if (typeof a !== 'bigint' || typeof b !== 'bigint') return mistyped('%');
  return b === 0n ? failed('division by zero') : a % b;
};

const contained: Binary = (a, b, scope) => {
  if (b instanceof Map) return b.has(a);
  if (!isList(b)) return mistyped('in');
  scope.budget.spend(b.length >> 3);
  return typeof a === 'string' ? b.includes(a) : b.some((item) => equal(a, item));
};

/** What `<` compares: numbers of both kinds with each other, times and spans by their milliseconds. */
const ordinal = (value: Known): string | number | bigint | boolean => {
  if (value instanceof Date) return value.getTime();
  if (value instanceof Duration) return value.ms;
  return typeof value === 'object' ? mistyped('<') : value;
};

const sameness = (a: Known, b: Known, scope: Scope): boolean => {
  if (isList(a)) scope.budget.spend(a.length >> 3);
  return equal(a, b);
};

export const BINARY: Readonly<Record<string, Binary>> = {
  '==': sameness,
  '!=': (a, b, scope) => !sameness(a, b, scope),
  '<': (a, b) => ordinal(a) < ordinal(b),
  '<=': (a, b) => ordinal(a) <= ordinal(b),
  '>': (a, b) => ordinal(a) > ordinal(b),
  '>=': (a, b) => ordinal(a) >= ordinal(b),
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
  in: contained,
};

export const negate = (value: Known): Value => {
  if (typeof value === 'bigint') return int(-value);
  return typeof value === 'number' ? -value : mistyped('-');
};

export const item = (list: Known, index: Known): Value => {
  if (list instanceof Map) {
    const found = (list as ReadonlyMap<unknown, Known>).get(index);
    return found === undefined
      ? failed(`no such key: ${typeof index === 'object' ? '?' : String(index)}`)
      : found;
  }
  if (!isList(list) || typeof index !== 'bigint') return mistyped('[]');
  const found = list[Number(index)];
  return found === undefined ? failed(`no item ${index} in a list of ${list.length}`) : found;
};
