import { Budget } from './budget.ts';
import type { RuleFunction } from './functions.ts';
import type { Evaluate, Scope } from './scope.ts';
import { heavier, Unknown, type Known, type Value } from './value.ts';

/** One part of a rule, ready to run; a part of constants alone keeps its value. */
export interface Part {
  readonly run: Evaluate;
  readonly constant?: Value;
}

export const constant = (value: Value): Part => ({ run: () => value, constant: value });

/** Evaluates arguments and applies a function to them, unless one is unknown. */
export function strictly(parts: readonly Part[], apply: RuleFunction): Evaluate {
  const [first, second] = parts;
  if (first && parts.length === 1) {
    const { run } = first;
    return (scope) => {
      const value = run(scope);
      return value instanceof Unknown ? value : apply([value], scope);
    };
  }
  if (first && second && parts.length === 2) {
    const [left, right] = [first.run, second.run];
    return (scope) => {
      const a = left(scope);
      const b = right(scope);
      if (a instanceof Unknown) return b instanceof Unknown ? heavier(a, b) : a;
      return b instanceof Unknown ? b : apply([a, b], scope);
    };
  }
  return (scope) => {
    const values: Known[] = [];
    let unknown: Unknown | undefined;
    for (const { run } of parts) {
      const value = run(scope);
      if (value instanceof Unknown) unknown = heavier(unknown, value);
      else values.push(value);
    }
    return unknown ?? apply(values, scope);
  };
}

/** Computes a part of constants once, when the rule is compiled. */
export function folded(parts: readonly Part[], run: Evaluate): Part {
  if (parts.some((part) => part.constant === undefined)) return { run };
  const budget = new Budget();
  budget.startRule();
  const scope: Scope = { answers: [], locals: [], choice: undefined, now: new Date(0), locale: '', budget };
  return constant(run(scope));
}
