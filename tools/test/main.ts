/** `npm test`: every check that needs Node alone, one line each, and all of what a failing one printed. */
import { join } from 'node:path';
import { describeStep, runStep, sum, totalsLine, type StepResult } from './run-steps.ts';
import { STEPS } from './steps.ts';

const root = join(import.meta.dirname, '..', '..');
const results: StepResult[] = [];
for (const step of STEPS) {
  const result = await runStep(step, root);
  results.push(result);
  process.stdout.write(`${describeStep(result, step.counts === true)}\n`);
  const coverage = /^Lines\s*:\s*(\S+)/m.exec(result.output)?.[1];
  if (coverage !== undefined) process.stdout.write(`  ${coverage} of lines covered\n`);
}
const failed = results.filter(({ ok }) => !ok).map(({ name }) => name);
if (failed.length > 0) process.stdout.write(`failed: ${failed.join(', ')}\n`);
process.stdout.write(`${totalsLine(sum(results))}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
