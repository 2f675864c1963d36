/**
 * Values of rules. An unanswered field is unknown, and so is whatever is computed from it, except where the
 * other operand decides (`true || unknown` is true). Failures (division by zero, no such index) spread alike.
 */
export class Unknown {
  readonly kind: 'unanswered' | 'invalid' | 'failed';
  /** For failures: what happened. */
  readonly reason: string;

  constructor(kind: 'unanswered' | 'invalid' | 'failed', reason = '') {
    this.kind = kind;
    this.reason = reason;
  }
}

/** A field without an answer. */
export const UNANSWERED = new Unknown('unanswered');
/** A field whose answer is not of its type: reported as such, and no rule can be decided by it. */
export const INVALID = new Unknown('invalid');
export const failed = (reason: string): Unknown => new Unknown('failed', reason);

/** A span of time, in milliseconds. */
export class Duration {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

/** `int` is bigint, `double` number, `timestamp` Date. */
export type Known =
  | string
  | bigint
  | number
  | boolean
  | null
  | Date
  | Duration
  | readonly Known[]
  | ReadonlyMap<unknown, Known>;
export type Value = Known | Unknown;

const WEIGHT = { invalid: 2, unanswered: 1, failed: 0 } as const;

/** Which of two unknowns speaks for both. A failure yields: it may vanish once the other is known. */
export function heavier(a: Unknown | undefined, b: Unknown): Unknown {
  return a === undefined || WEIGHT[b.kind] > WEIGHT[a.kind] ? b : a;
}

export function equal(a: Known, b: Known): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') {
    // int and double are equal by value, which === does not ask
    return isNumeric(a) && isNumeric(b) && a <= b && a >= b;
  }
  if (a === null || b === null) return false;
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (a instanceof Duration) return b instanceof Duration && a.ms === b.ms;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => equal(item, b[i] ?? null));
  if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false;
  for (const [key, value] of a as ReadonlyMap<unknown, Known>) {
    const other = (b as ReadonlyMap<unknown, Known>).get(key);
    if (other === undefined || !equal(value, other)) return false;
  }
  return true;
}

const isNumeric = (value: Known): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

export const isList = (value: unknown): value is readonly Known[] => Array.isArray(value);
