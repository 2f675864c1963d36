import type { BenchOptions } from '../bench.ts';
import { closing, type Closing } from '../closing.ts';
import { cpuSecondsOf } from '../processes.ts';
import { mean, pairedRatio, type Interval } from '../statistics.ts';
import type { Contender } from './contender.ts';

/** One stretch of one contender. */
export interface Turn {
  readonly perSecond: number;
  /** Milliseconds of CPU time that each of its processes took for a task. */
  readonly cpuMsPerTask: Readonly<Record<string, number>>;
}

/** The turns of each contender, by its name; those of one round are at the same place of their lists. */
export type Turns = ReadonlyMap<string, readonly Turn[]>;

export interface TurnSizes {
  /** Tasks of a stretch, and of the one before the first that does not count. */
  readonly tasks: number;
  readonly warmUp: number;
  readonly rounds: number;
}

/** One stretch of each, then again, in the other order each time: drift of the machine hits all alike. */
export async function inTurn(
  contenders: readonly Contender[],
  { tasks, warmUp, rounds }: TurnSizes,
  { signal, say }: BenchOptions,
): Promise<Turns> {
  const turns = new Map(contenders.map(({ name }) => [name, [] as Turn[]]));
  for (const contender of contenders) await contender.run(warmUp);
  for (let round = 0; round < rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      signal.throwIfAborted();
      const turn = await takeTurn(contender, tasks);
      turns.get(contender.name)?.push(turn);
      say(`${contender.name}: ${Math.round(turn.perSecond)}/s`);
    }
  }
  return turns;
}

async function takeTurn(contender: Contender, tasks: number): Promise<Turn> {
  const processes = Object.entries(contender.processes);
  const taken = (): Promise<number[]> => Promise.all(processes.map(([, pid]) => cpuSecondsOf(pid)));
  const before = await taken();
  const seconds = await contender.run(tasks);
  const after = await taken();
  const cpuMsPerTask = processes.map(([name], index) => {
    const cpuSeconds = (after[index] ?? 0) - (before[index] ?? 0);
    return [name, (cpuSeconds * 1000) / tasks] as const;
  });
  return { perSecond: tasks / seconds, cpuMsPerTask: Object.fromEntries(cpuMsPerTask) };
}

/** Starts each of the `ways` to set a contender up, tries it, ends it, and chooses the one that is faster here. */
export async function fastest<Way>(
  ways: readonly Way[],
  setUp: (way: Way, steps: Closing) => Promise<Contender>,
  tasks: number,
): Promise<{ way: Way; tried: Readonly<Record<string, number>> }> {
  const tries: { way: Way; about: string; perSecond: number }[] = [];
  for (const way of ways) {
    await closing(async (steps) => {
      const contender = await setUp(way, steps);
      await contender.run(tasks);
      tries.push({ way, about: contender.about, perSecond: tasks / (await contender.run(tasks)) });
    });
  }
  const [first] = tries.toSorted((a, b) => b.perSecond - a.perSecond);
  if (first === undefined) throw new RangeError('nothing to choose from');
  return {
    way: first.way,
    tried: Object.fromEntries(tries.map(({ about, perSecond }) => [about, Math.round(perSecond)])),
  };
}

export const ratesOf = (turns: Turns, name: string): number[] =>
  (turns.get(name) ?? []).map(({ perSecond }) => perSecond);

/** How many times as many tasks a second, from stretches of the same round; undefined of one that was not measured. */
export function ratioOf(turns: Turns, ours: string, theirs: string): Interval | undefined {
  const other = ratesOf(turns, theirs);
  if (other.length === 0) return undefined;
  return pairedRatio(
    ratesOf(turns, ours).map((rate, round) => ({ ours: rate, theirs: other[round] ?? NaN })),
  );
}

/** CPU milliseconds a task, of each process and of all together, mean of the rounds. */
export function cpuOf(turns: readonly Turn[]): Record<string, number> {
  const names = Object.keys(turns[0]?.cpuMsPerTask ?? {});
  const means = names.map(
    (name) => [name, mean(turns.map(({ cpuMsPerTask }) => cpuMsPerTask[name] ?? 0))] as const,
  );
  const all = means.reduce((sum, [, value]) => sum + value, 0);
  return Object.fromEntries(
    [...means, ['all', all] as const].map(([name, value]) => [name, Number(value.toPrecision(3))]),
  );
}
