import type { Evaluate, Scope } from './scope.ts';
import { failed, heavier, isList, Unknown, type Known, type Value } from './value.ts';

/** A loop over a list, or over the keys of a map, as the macros of CEL write one. */
export interface Loop {
  readonly range: Evaluate;
  /** Where the loop's variable lies in `locals`. */
  readonly slot: number;
  /** Of `map(x, test, body)`. */
  readonly test: Evaluate | undefined;
  readonly body: Evaluate;
  /** What one turn costs. */
  readonly steps: number;
}

export type Comprehension = (loop: Loop) => Evaluate;

/** The items to go over, paid for; unknown when the range is. */
function itemsOf({ range, steps }: Loop, scope: Scope): readonly Known[] | Unknown {
  const value = range(scope);
  if (value instanceof Unknown) return value;
  const items = value instanceof Map ? [...(value as ReadonlyMap<Known, Known>).keys()] : value;
  if (!isList(items)) return failed('not a list');
  scope.budget.spend(items.length * steps);
  return items;
}

/** Of several values that are true or false: the decisive one if it is among them, else unknown if any is. */
export function firstDecisive(operands: readonly Evaluate[], decisive: boolean): Evaluate {
  return (scope) => {
    let unknown: Unknown | undefined;
    for (const operand of operands) {
      const value = operand(scope);
      if (value === decisive) return decisive;
      if (value instanceof Unknown) unknown = heavier(unknown, value);
    }
    return unknown ?? !decisive;
  };
}

/** `exists` when true decides, `all` when false does. */
export const quantifier =
  (decisive: boolean): Comprehension =>
  (loop) =>
  (scope) => {
    const items = itemsOf(loop, scope);
    if (items instanceof Unknown) return items;
    let unknown: Unknown | undefined;
    for (const item of items) {
      scope.locals[loop.slot] = item;
      const value = loop.body(scope);
      if (value === decisive) return decisive;
      if (value instanceof Unknown) unknown = heavier(unknown, value);
    }
    return unknown ?? !decisive;
  };

/** `map`, `filter` and `exists_one` know their result only when they know it for every item. */
function gather(loop: Loop, scope: Scope, collect: (item: Known, value: Known) => void): Unknown | undefined {
  const items = itemsOf(loop, scope);
  if (items instanceof Unknown) return items;
  let unknown: Unknown | undefined;
  for (const item of items) {
    scope.locals[loop.slot] = item;
    const wanted = loop.test?.(scope) ?? true;
    const value: Value = wanted === true ? loop.body(scope) : wanted;
    if (value instanceof Unknown) unknown = heavier(unknown, value);
    else if (wanted === true) collect(item, value);
  }
  return unknown;
}

export const existsOne: Comprehension = (loop) => (scope) => {
  let count = 0;
  const unknown = gather(loop, scope, (_item, met) => (count += met === true ? 1 : 0));
  return unknown ?? count === 1;
};

export const mapped: Comprehension = (loop) => (scope) => {
  const results: Known[] = [];
  return gather(loop, scope, (_item, value) => results.push(value)) ?? results;
};

export const filtered: Comprehension = (loop) => (scope) => {
  const kept: Known[] = [];
  return gather(loop, scope, (item, met) => met === true && kept.push(item)) ?? kept;
};
