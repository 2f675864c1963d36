import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Step } from './steps.ts';

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface StepResult extends Totals {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  /** All that it printed. */
  readonly output: string;
}

/** Runs one step in `cwd`, to its end. A step without counts of its own counts as one. */
export async function runStep(step: Step, cwd: string): Promise<StepResult> {
  const started = performance.now();
  const scratch = await mkdtemp(join(tmpdir(), 'formbus-test-'));
  try {
    const report = join(scratch, 'report.json');
    const args = [...(step.args ?? []), ...(step.counts ? ['--json', `--outputFile=${report}`] : [])];
    const { ok, output } = await capture(process.execPath, ['--run', step.script, '--', ...args], cwd);
    const totals = (step.counts ? await jestTotals(report) : undefined) ?? {
      passed: ok ? 1 : 0,
      failed: ok ? 0 : 1,
      skipped: 0,
    };
    // A runner that failed without a failing test (coverage, set-up) is a failure all the same.
    const failed = ok ? totals.failed : Math.max(1, totals.failed);
    return { name: step.name, ok, ms: performance.now() - started, output, ...totals, failed };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What is said of a step: one line, and its whole output when it failed. */
export function describeStep(
  { name, ok, ms, passed, failed, skipped, output }: StepResult,
  counts: boolean,
): string {
  const numbers = counts ? `: ${totalsLine({ passed, failed, skipped })}` : '';
  const line = `${ok ? '✓' : '✗'} ${name}${numbers} (${(ms / 1000).toFixed(1)} s)`;
  return ok ? line : `${output.trimEnd()}\n${line}`;
}

export function totalsLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

export function sum(results: readonly Totals[]): Totals {
  return results.reduce(
    (all, { passed, failed, skipped }) => ({
      passed: all.passed + passed,
      failed: all.failed + failed,
      skipped: all.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

function capture(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => (output += chunk));
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ ok: code === 0, output }));
  });
}

async function jestTotals(report: string): Promise<Totals | undefined> {
  const text = await readFile(report, 'utf8').catch(() => undefined); // none when Jest did not get that far
  if (text === undefined) return undefined;
  const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = JSON.parse(
    text,
  ) as Record<string, number>;
  return {
    passed: numPassedTests ?? 0,
    failed: (numFailedTests ?? 0) + (numRuntimeErrorTestSuites ?? 0),
    skipped: numPendingTests ?? 0,
  };
}
