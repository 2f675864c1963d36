import type { BenchOptions } from '../bench.ts';
import type { LoadGenerator } from '../load/generator.ts';
import { perSecond, type LoadResult } from '../load/load.ts';
import { pairedRatio, type Interval } from '../statistics.ts';
import { cpuOf, type Contender } from './contenders.ts';
import { cpuPerSubmission, pool, type CpuTimes, type Pooled } from './measured.ts';
import type { BenchSystem } from './system.ts';

export const MOST_CONNECTIONS = 128;

/** What one contender did in all of its stretches. */
export interface Taken {
  readonly results: readonly LoadResult[];
  readonly pooled: Pooled;
  /** Submissions a second, by stretch. */
  readonly rates: readonly number[];
  readonly cpuMsPerSubmission: Readonly<Record<string, number>>;
}

export interface Turns {
  readonly taken: ReadonlyMap<Contender['name'], Taken>;
  /** What the read model still had to do after each stretch of ours. */
  readonly catchUpSeconds: readonly number[];
}

export interface TurnOptions {
  readonly system: BenchSystem;
  readonly generator: LoadGenerator;
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** Seconds of one stretch, and of the load before it that does not count. */
  readonly stretch: number;
  readonly leadIn: number;
}

/**
 * One stretch of each, then again, in the other order each time: drift of the machine hits all alike. Nobody's work
 * is done in another's time: after ours, the read model catches up first, and what that takes is said.
 */
export async function inTurn(options: TurnOptions, { signal, say }: BenchOptions): Promise<Turns> {
  const { system, generator, contenders, rounds, stretch, leadIn } = options;
  const results = new Map(contenders.map(({ name }) => [name, [] as LoadResult[]]));
  const cpu = new Map(contenders.map(({ name }) => [name, [] as CpuStretch[]]));
  const catchUpSeconds: number[] = [];
  const load = {
    kind: 'closed',
    connections: MOST_CONNECTIONS,
    seconds: stretch,
    warmUpSeconds: leadIn,
  } as const;
  await system.settle();
  for (let round = 0; round < rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      signal.throwIfAborted();
      const before = await cpuOf(contender);
      const result = await generator.run(contender.target, load);
      if (contender.name === 'ours') catchUpSeconds.push(await system.settle());
      cpu
        .get(contender.name)
        ?.push({ before, after: await cpuOf(contender), submissions: result.acceptedInAll });
      results.get(contender.name)?.push(result);
      say(`${contender.name}: ${Math.round(perSecond(result))}/s`);
    }
  }
  const taken = [...results].map(([name, of]) => [name, takenOf(of, cpu.get(name) ?? [])] as const);
  return { taken: new Map(taken), catchUpSeconds };
}

interface CpuStretch {
  readonly before: CpuTimes;
  readonly after: CpuTimes;
  readonly submissions: number;
}

const takenOf = (results: readonly LoadResult[], cpu: readonly CpuStretch[]): Taken => ({
  results,
  pooled: pool(results),
  rates: results.map(perSecond),
  cpuMsPerSubmission: cpuPerSubmission(cpu),
});

/** How many times as many submissions a second, from stretches of the same round. */
export const ratioOf = (ours: Taken, theirs: Taken): Interval =>
  pairedRatio(ours.rates.map((rate, round) => ({ ours: rate, theirs: theirs.rates[round] ?? NaN })));
