import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeStep, runStep, sum, totalsLine } from './run-steps.ts';

let project = '';
/** Stands in for Jest: writes the report that it was told to write. */
const RUNNER = `
const [report, code, ...args] = process.argv.slice(2);
const file = args.find((arg) => arg.startsWith('--outputFile=')).slice('--outputFile='.length);
require('node:fs').writeFileSync(file, report);
process.exit(Number(code));
`;
const runner = (numbers: object, code: number): string =>
  `node runner.cjs '${JSON.stringify(numbers)}' ${code}`;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'formbus-steps-'));
  await writeFile(join(project, 'runner.cjs'), RUNNER);
  const scripts = {
    good: 'echo fine',
    bad: 'echo why it failed; exit 3',
    tests: runner(
      { numPassedTests: 5, numFailedTests: 0, numPendingTests: 2, numRuntimeErrorTestSuites: 0 },
      0,
    ),
    failing: runner(
      { numPassedTests: 5, numFailedTests: 2, numPendingTests: 0, numRuntimeErrorTestSuites: 1 },
      1,
    ),
    uncovered: runner(
      { numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numRuntimeErrorTestSuites: 0 },
      1,
    ),
    crashing: 'exit 1',
  };
  await writeFile(join(project, 'package.json'), JSON.stringify({ scripts }));
});
afterAll(() => rm(project, { recursive: true, force: true }));

describe('a step', () => {
  it('that passes is one line', async () => {
    const result = await runStep({ name: 'lint', script: 'good' }, project);
    expect(result).toMatchObject({ ok: true, passed: 1, failed: 0 });
    expect(describeStep(result, false)).toMatch(/^✓ lint \(\d+\.\d s\)$/);
  });

  it('that fails shows all that it printed', async () => {
    const result = await runStep({ name: 'lint', script: 'bad' }, project);
    expect(result).toMatchObject({ ok: false, passed: 0, failed: 1 });
    expect(describeStep(result, false)).toMatch(/why it failed\n(.*\n)*✗ lint/);
  });

  it('that runs tests counts them', async () => {
    const result = await runStep({ name: 'unit', script: 'tests', counts: true }, project);
    expect(describeStep(result, true)).toMatch(/✓ unit: 5 passed, 0 failed, 2 skipped/);
  });

  it('counts a spec file that could not run as a failure', async () => {
    expect(await runStep({ name: 'unit', script: 'failing', counts: true }, project)).toMatchObject({
      ok: false,
      passed: 5,
      failed: 3,
    });
  });

  it('that fails without a failing test counts as a failure', async () => {
    expect(await runStep({ name: 'unit', script: 'uncovered', counts: true }, project)).toMatchObject({
      ok: false,
      passed: 5,
      failed: 1,
    });
    expect(await runStep({ name: 'unit', script: 'crashing', counts: true }, project)).toMatchObject({
      ok: false,
      passed: 0,
      failed: 1,
    });
  });
});

it('the totals are the sum of all steps', () => {
  const totals = sum([
    { passed: 1, failed: 0, skipped: 0 },
    { passed: 5, failed: 2, skipped: 1 },
  ]);
  expect(totalsLine(totals)).toBe('6 passed, 2 failed, 1 skipped');
});
