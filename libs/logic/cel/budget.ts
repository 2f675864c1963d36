import { RuleStopped } from './stopped.ts';

/**
 * Bounds the work of rules. A step is one node of a rule in one turn of a comprehension, or eight characters or
 * elements handled; what a rule does besides is bounded by its size. A step takes some 20 ns, and 0.2 µs in patterns
 * that were made to be slow.
 */
export const RULE_STEPS = 2_000_000;
/** For all rules of one validation together. */
export const TOTAL_STEPS = 5_000_000;

export class Budget {
  private total = TOTAL_STEPS;
  private rule = 0;

  startRule(): void {
    this.rule = Math.min(RULE_STEPS, this.total);
  }

  /** Whether so many steps may still be spent. */
  affords(steps: number): boolean {
    return steps <= this.rule;
  }

  /** @throws RuleStopped */
  spend(steps: number): void {
    this.total -= steps;
    this.rule -= steps;
    if (this.rule < 0) throw new RuleStopped('the rule takes too many steps');
  }
}
