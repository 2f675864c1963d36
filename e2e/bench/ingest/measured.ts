import { errorCount, type LoadResult } from '../load/load.ts';
import { percentile, sorted } from '../statistics.ts';

/** Several stretches of the same load, taken together. */
export interface Pooled {
  readonly accepted: number;
  readonly perSecond: number;
  readonly p50ms: number;
  readonly p95ms: number;
  readonly p99ms: number;
  readonly errors: number;
  readonly errorsBy: Readonly<Record<string, number>>;
}

export function pool(results: readonly LoadResult[]): Pooled {
  const accepted = results.reduce((sum, result) => sum + result.accepted, 0);
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  const latencies = sorted(results.flatMap(({ latenciesMs }) => [...latenciesMs]));
  const errorsBy: Record<string, number> = {};
  for (const { errors } of results) {
    for (const [reason, count] of Object.entries(errors)) errorsBy[reason] = (errorsBy[reason] ?? 0) + count;
  }
  return {
    accepted,
    perSecond: accepted / seconds,
    p50ms: percentile(latencies, 0.5),
    p95ms: percentile(latencies, 0.95),
    p99ms: percentile(latencies, 0.99),
    errors: results.reduce((sum, result) => sum + errorCount(result), 0),
    errorsBy,
  };
}

/** CPU seconds by process. */
export type CpuTimes = Readonly<Record<string, number>>;

/** What each process took, and all together, in milliseconds of CPU time a submission. */
export function cpuPerSubmission(
  stretches: readonly { readonly before: CpuTimes; readonly after: CpuTimes; readonly submissions: number }[],
): Record<string, number> {
  const submissions = stretches.reduce((sum, stretch) => sum + stretch.submissions, 0);
  const taken: Record<string, number> = {};
  for (const { before, after } of stretches) {
    for (const [name, seconds] of Object.entries(after)) {
      const ms = ((seconds - (before[name] ?? 0)) * 1000) / submissions;
      for (const sum of [name, 'all']) taken[sum] = (taken[sum] ?? 0) + ms;
    }
  }
  return Object.fromEntries(Object.entries(taken).map(([name, ms]) => [name, Number(ms.toPrecision(3))]));
}
