import type { Bench, BenchOptions, BenchResult } from '../bench.ts';
import { closing, type Closing } from '../closing.ts';
import { loadComplaints, meanBytes } from '../complaints.ts';
import { LoadGenerator } from '../load/generator.ts';
import type { LoadResult } from '../load/load.ts';
import { collectProfiles } from '../profile/collect.ts';
import { pairedRatio } from '../statistics.ts';
import { fastestCrud, type Contender } from './contenders.ts';
import { cpuPerSubmission, pool } from './measured.ts';
import { startBenchSystem, type BenchSystem } from './system.ts';

export const ingest: Bench = {
  name: 'ingest',
  describe: 'POSTs complete submissions to the gateway, each acknowledged when durable, projections running',
  keys: {
    perSecond: { text: '128 connections', unit: '/s', atLeast: 3000 },
    perSecond32: { text: '32 connections', unit: '/s', atLeast: 1800 },
    p50ms: { text: 'median, 128 connections', unit: 'ms' },
    p95ms: { text: '95th percentile, 128 connections', unit: 'ms' },
    p99ms: { text: '99th percentile, 128 connections', unit: 'ms', under: 100 },
    p95msAt200: { text: '95th percentile at a fixed rate of 200/s', unit: 'ms', under: 20 },
    errors: { text: 'answers other than 201, at any load', under: 1 },
    crudPerSecond: { text: 'a CRUD app that promises the same, 128 connections', unit: '/s' },
    bareCrudPerSecond: { text: 'one without idempotency and history', unit: '/s' },
    toCrud: { text: 'of the CRUD app, in pairs', atLeast: 1.2 },
    toBareCrud: { text: 'of the one without idempotency and history, in pairs' },
  },
  run: (options) => closing((steps) => run(options, steps)),
};

interface Durations {
  /** Of the 128 connections, for each of the three: in so many stretches, taken in turn. */
  readonly rounds: number;
  readonly stretch: number;
  readonly at32: number;
  readonly at200: number;
  /** Under load and not measured: once at the beginning, and before each stretch. */
  readonly warmUp: number;
  readonly leadIn: number;
  readonly tryout: number;
}

const FULL: Durations = { rounds: 6, stretch: 10, at32: 60, at200: 30, warmUp: 15, leadIn: 1, tryout: 6 };
const QUICK: Durations = { rounds: 3, stretch: 2.5, at32: 3, at200: 3, warmUp: 3, leadIn: 0.5, tryout: 1 };
const FIXED_RATE = 200;

async function run(options: BenchOptions, steps: Closing): Promise<BenchResult> {
  const { quick, profile, say, signal } = options;
  const durations = quick ? QUICK : FULL;
  const complaints = await loadComplaints();
  say('starting nats-server, MongoDB and the services');
  const system = await startBenchSystem(steps, complaints, options);
  const generator = steps.later(await LoadGenerator.start(), (started) => started.stop());
  const ours: Contender = { name: 'ours', target: system.target };
  say('warming up');
  await at(generator, ours, 128, { seconds: 0, warmUpSeconds: durations.warmUp });

  const context = { system, complaints, generator, steps, options, tryoutSeconds: durations.tryout };
  const crud = await fastestCrud('crud', context);
  const bareCrud = await fastestCrud('bareCrud', context);
  const taken = await inTurn(system, generator, [ours, crud.contender, bareCrud.contender], durations, options);

  signal.throwIfAborted();
  const lead = { warmUpSeconds: durations.leadIn };
  const at32 = await at(generator, ours, 32, { seconds: durations.at32, ...lead });
  await system.settle();
  const at200 = await generator.run(ours.target, {
    kind: 'open',
    perSecond: FIXED_RATE,
    connections: 64,
    seconds: durations.at200,
    ...lead,
  });
  if (profile !== undefined) await collectProfiles({ folder: profile, owners: await system.owners(), stop: () => system.running.stop(), say });

  const rates = (of: readonly LoadResult[]): number[] => of.map(({ accepted, seconds }) => accepted / seconds);
  const [oursRates, crudRates, bareRates] = [rates(taken.ours), rates(taken.crud), rates(taken.bareCrud)];
  const pairs = (theirs: readonly number[]) => oursRates.map((rate, i) => ({ ours: rate, theirs: theirs[i] ?? NaN }));
  const toCrud = pairedRatio(pairs(crudRates));
  const toBareCrud = pairedRatio(pairs(bareRates));
  const main = pool(taken.ours);
  const all = pool([...taken.ours, at32, at200]);
  return {
    figures: {
      perSecond: main.perSecond,
      perSecond32: pool([at32]).perSecond,
      p50ms: main.p50ms,
      p95ms: main.p95ms,
      p99ms: main.p99ms,
      p95msAt200: pool([at200]).p95ms,
      errors: all.errors,
      crudPerSecond: pool(taken.crud).perSecond,
      bareCrudPerSecond: pool(taken.bareCrud).perSecond,
    },
    ratios: { toCrud: toCrud.value, toBareCrud: toBareCrud.value },
    settings: {
      ...(profile === undefined ? {} : { profiled: 'figures are lower than without' }),
      seconds: { at128: durations.rounds * durations.stretch, at32: durations.at32, at200: durations.at200 },
      stretches: { ours: oursRates.map(Math.round), crud: crudRates.map(Math.round), bareCrud: bareRates.map(Math.round) },
      interval95: { toCrud: [toCrud.low, toCrud.high], toBareCrud: [toBareCrud.low, toBareCrud.high] },
      crudWorkers: { crud: crud.workers, bareCrud: bareCrud.workers, tried: { crud: crud.tried, bareCrud: bareCrud.tried } },
      catchUpSeconds: taken.catchUpSeconds,
      cpuMsPerSubmission: taken.cpu,
      errorsBy: { ours: all.errorsBy, crud: pool(taken.crud).errorsBy, bareCrud: pool(taken.bareCrud).errorsBy },
      bodyBytes: meanBytes(system.target.bodies),
      ...system.components,
    },
  };
}

const at = (
  generator: LoadGenerator,
  { target }: Contender,
  connections: number,
  times: { seconds: number; warmUpSeconds: number },
): Promise<LoadResult> => generator.run(target, { kind: 'closed', connections, ...times });

/**
 * One stretch of each, then again, in the other order each time: drift of the machine hits all alike. Nobody's work
 * is done in another's time: after ours, the read model catches up first, and that takes time is said.
 */
async function inTurn(
  system: BenchSystem,
  generator: LoadGenerator,
  contenders: readonly Contender[],
  { rounds, stretch, leadIn }: Durations,
  { signal, say }: BenchOptions,
) {
  const taken = { ours: [] as LoadResult[], crud: [] as LoadResult[], bareCrud: [] as LoadResult[] };
  const catchUpSeconds: number[] = [];
  let cpu: Record<string, number> = {};
  await system.settle();
  for (let round = 0; round < rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      signal.throwIfAborted();
      const before = await system.cpu();
      const result = await at(generator, contender, 128, { seconds: stretch, warmUpSeconds: leadIn });
      taken[contender.name].push(result);
      say(`${contender.name}: ${Math.round(result.accepted / result.seconds)}/s`);
      if (contender.name !== 'ours') continue;
      catchUpSeconds.push(Number((await system.settle()).toFixed(2)));
      const share = (stretch + leadIn) / stretch;
      cpu = { ...cpuPerSubmission(before, await system.cpu(), result.accepted * share), generator: (result.cpuSeconds * 1000) / result.accepted };
    }
  }
  return { ...taken, catchUpSeconds, cpu };
}
