import { compileForm } from '#logic/compile';
import { validateAnswers } from '#logic/validate';
import type { Bench, BenchOptions } from '../bench.ts';
import { percentile, sorted } from '../statistics.ts';
import { answersFor, formOf } from './large-form.ts';

export const logic: Bench = {
  name: 'logic',
  describe: 'Validates the answers of a form with rules on every other field',
  keys: {
    ms60: { text: '60 fields, median', unit: 'ms' },
    ms60p99: { text: '60 fields, 99th percentile', unit: 'ms' },
    ms2000: { text: '2,000 fields (the limit), median', unit: 'ms' },
    ms2000p99: { text: '2,000 fields, 99th percentile', unit: 'ms' },
    compileMs2000: { text: 'compiling 2,000 fields, once a version', unit: 'ms' },
  },
  async run(options) {
    const small = await measure(60, options);
    const large = await measure(2000, options);
    return {
      figures: {
        ms60: small.median,
        ms60p99: small.p99,
        ms2000: large.median,
        ms2000p99: large.p99,
        compileMs2000: large.compileMs,
      },
      ratios: {},
      settings: {
        validations60: small.runs,
        validations2000: large.runs,
        rules: 'visible, required and constraints on every other field; choice filters on every fifth',
      },
    };
  },
};

/** Of a second of validations in quick runs, five otherwise, after half as long of warming up. */
async function measure(fields: number, { quick, signal, say }: BenchOptions) {
  say(`validating a form of ${fields} fields`);
  const compileStarted = performance.now();
  const compiled = compileForm(formOf(fields));
  const compileMs = performance.now() - compileStarted;
  if (!compiled.ok) throw new Error(`the form does not compile: ${JSON.stringify(compiled.errors[0])}`);
  const variants = Array.from({ length: 50 }, (_, seed) => answersFor(fields, seed));
  const now = new Date('2026-01-01T00:00:00Z');
  const seconds = quick ? 1 : 5;
  const times: number[] = [];
  const warm = performance.now() + seconds * 500;
  const end = warm + seconds * 1000;
  for (let run = 0; performance.now() < end; run++) {
    const before = performance.now();
    const { problems } = validateAnswers(compiled.form, variants[run % variants.length], { now });
    const after = performance.now();
    if (problems.length > 0) throw new Error(`valid answers were refused: ${JSON.stringify(problems[0])}`);
    if (before >= warm) times.push(after - before);
    if (run % 100 === 0) {
      signal.throwIfAborted();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const ascending = sorted(times);
  return {
    median: percentile(ascending, 0.5),
    p99: percentile(ascending, 0.99),
    runs: times.length,
    compileMs,
  };
}
