/** Something that is wrong with a template, and where: line and column begin with 1. */
export interface TemplateFault {
  readonly code: 'syntax' | 'unknown_variable' | 'too_long' | 'failed';
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

export class TemplateFaults extends Error {
  override readonly name = 'TemplateFaults';
  readonly faults: readonly TemplateFault[];

  constructor(faults: readonly TemplateFault[]) {
    super(faults.map(({ line, column, message }) => `${line}:${column} ${message}`).join('; '));
    this.faults = faults;
  }
}
