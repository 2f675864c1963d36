import type { Budget } from './budget.ts';
import type { Known, Value } from './value.ts';

/** What a rule is evaluated over. */
export interface Scope {
  /** By index of the field. */
  readonly answers: Value[];
  /** Variables of comprehensions and `cel.bind`, by nesting. */
  readonly locals: Value[];
  /** In filters: `value` and the attributes of the choice at hand. */
  choice: ReadonlyMap<string, Known> | undefined;
  readonly now: Date;
  readonly locale: string;
  readonly budget: Budget;
}

export type Evaluate = (scope: Scope) => Value;
