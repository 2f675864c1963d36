import type { BenchLog } from '../log/bench-log.ts';
import { WORKSPACE, type Aggregate } from '../log/fill.ts';
import { seeded } from '../log/plan.ts';
import { percentile, sorted } from '../statistics.ts';

export interface TimeReadsOptions {
  /** How many each of them has. */
  readonly events: number;
  /** Whichever comes first ends it. */
  readonly reads: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/**
 * Reads aggregates at random, one after the other; each with its data key out of memory, and then again with it at
 * hand. The first tenth of the time warms up.
 */
export async function timeReads(bench: BenchLog, from: readonly Aggregate[], options: TimeReadsOptions) {
  const { events, reads, seconds, signal } = options;
  const { log, keyring } = bench.open();
  await keyring.open(WORKSPACE);
  const first: number[] = [];
  const again: number[] = [];
  const timed = async ({ subject }: Aggregate): Promise<number> => {
    const before = performance.now();
    const found = await log.read(subject);
    const took = performance.now() - before;
    if (found.length !== events || found.some(({ erased }) => erased)) {
      throw new Error(`${subject} was not read as it was written`);
    }
    return took;
  };
  const random = seeded(2);
  const warm = performance.now() + seconds * 100;
  const end = warm + seconds * 1000;
  while (performance.now() < end && first.length < reads) {
    signal.throwIfAborted();
    const aggregate = from[Math.floor(random() * from.length)];
    if (!aggregate) break;
    const measuring = performance.now() >= warm;
    keyring.forget(WORKSPACE, aggregate.id);
    const times = [await timed(aggregate), await timed(aggregate)] as const;
    if (!measuring) continue;
    first.push(times[0]);
    again.push(times[1]);
  }
  const ascending = sorted(first);
  return {
    median: percentile(ascending, 0.5),
    p99: percentile(ascending, 0.99),
    medianAgain: percentile(sorted(again), 0.5),
    reads: first.length,
  };
}
