/**
 * Thrown to end a rule at once, whatever `||` stands around: it takes too many steps, or the type checker let through
 * operands that do not fit. Whoever runs a rule turns it into a failure of that rule.
 */
export class RuleStopped extends Error {
  override readonly name = 'RuleStopped';
}

export const mistyped = (what: string): never => {
  throw new RuleStopped(`the operands of ${what} do not fit`);
};
