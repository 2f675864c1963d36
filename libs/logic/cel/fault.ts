/** What is wrong with a rule, with the place in its text where (offsets of UTF-16 units). */
export class RuleFault extends Error {
  override readonly name = 'RuleFault';
  readonly code: string;
  readonly start: number;

  constructor(code: string, message: string, start = 0) {
    super(message);
    this.code = code;
    this.start = start;
  }
}

/** Line and column, from 1, of an offset in a rule. */
export function place(rule: string, offset: number): string {
  const before = rule.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
