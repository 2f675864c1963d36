/** One thing that `npm test` does: an npm script, and more arguments for it. */
export interface Step {
  readonly name: string;
  readonly script: string;
  readonly args?: readonly string[];
  /** The script runs Jest, whose counts go into the totals. */
  readonly counts?: boolean;
}

/** Cheap and telling ones first. All are run, whatever fails. */
export const STEPS: readonly Step[] = [
  { name: 'lint', script: 'lint' },
  { name: 'format', script: 'format:check' },
  { name: 'types', script: 'types' },
  { name: 'dependency boundaries', script: 'depcruise' },
  { name: 'contract drift', script: 'contracts:check' },
  { name: 'unit and integration', script: 'test:all', args: ['--coverage'], counts: true },
  { name: 'end to end', script: 'test:e2e', counts: true },
];
