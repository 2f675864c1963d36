import type { Bench, BenchOptions, BenchResult } from '../bench.ts';
import { closing, type Closing } from '../closing.ts';
import { loadComplaints, meanBytes } from '../complaints.ts';
import { LoadGenerator } from '../load/generator.ts';
import type { ClosedLoad, LoadResult } from '../load/load.ts';
import { collectProfiles } from '../profile/collect.ts';
import { significant } from '../report.ts';
import { fastestCrud, type Contender } from './contenders.ts';
import { inTurn, MOST_CONNECTIONS, ratioOf, type Taken, type Turns } from './in-turn.ts';
import { pool } from './measured.ts';
import { startBenchSystem } from './system.ts';

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
/** Without the CRUD apps, and long enough for a profile. */
const PROFILED: Durations = { ...FULL, rounds: 3, at32: 10, at200: 10 };
const FIXED_RATE = 200;

async function run(options: BenchOptions, steps: Closing): Promise<BenchResult> {
  const { quick, profile, say, signal } = options;
  const { rounds, stretch, leadIn, warmUp, tryout, ...seconds } = quick
    ? QUICK
    : profile === undefined
      ? FULL
      : PROFILED;
  const complaints = await loadComplaints();
  say('starting nats-server, MongoDB and the services');
  const system = await startBenchSystem(steps, complaints, options);
  const generator = steps.later(await LoadGenerator.start(), (started) => started.stop());
  const { target } = system;
  say('warming up');
  const warm = await generator.run(target, closed(MOST_CONNECTIONS, 0, warmUp));
  const from = monotonicMicros();

  const ours: Contender = {
    name: 'ours',
    target,
    processes: () => ({ ...system.processes(), generator: generator.pid }),
  };
  const context = { system, complaints, generator, steps, options, tryoutSeconds: tryout };
  // Profiles are of the services alone: what else runs would only be in their way.
  const crud = profile === undefined ? await fastestCrud('crud', context) : undefined;
  const bareCrud = profile === undefined ? await fastestCrud('bareCrud', context) : undefined;
  const contenders = [ours, ...[crud, bareCrud].flatMap((found) => found?.contender ?? [])];
  const turns = await inTurn({ system, generator, contenders, rounds, stretch, leadIn }, options);

  signal.throwIfAborted();
  say('32 connections');
  const at32 = await generator.run(target, closed(32, seconds.at32, leadIn));
  await system.settle();
  say(`${FIXED_RATE} a second`);
  const at200 = await generator.run(target, {
    kind: 'open',
    perSecond: FIXED_RATE,
    connections: MOST_CONNECTIONS,
    seconds: seconds.at200,
    warmUpSeconds: leadIn,
  });
  if (profile !== undefined) {
    const stop = (): Promise<void> => system.running.stop();
    const window = { from, to: monotonicMicros() };
    await collectProfiles({ folder: profile, owners: await system.owners(), window, stop, say });
  }
  const result = report({ turns, at32, at200, warm });
  const crudWorkers = { crud: crud?.tried, bareCrud: bareCrud?.tried };
  const settings = {
    seconds: { at128: rounds * stretch, ...seconds },
    ...(profile === undefined ? { crudByWorkers: crudWorkers } : { profiled: 'slower than without' }),
    ...result.settings,
    bodyBytes: meanBytes(target.bodies),
    ...system.components,
  };
  return { ...result, settings };
}

const monotonicMicros = (): number => Number(process.hrtime.bigint() / 1000n);

const closed = (connections: number, seconds: number, warmUpSeconds: number): ClosedLoad => ({
  kind: 'closed',
  connections,
  seconds,
  warmUpSeconds,
});

interface Measured {
  readonly turns: Turns;
  readonly at32: LoadResult;
  readonly at200: LoadResult;
  readonly warm: LoadResult;
}

function report({ turns, at32, at200, warm }: Measured): BenchResult {
  const ours = turns.taken.get('ours');
  if (!ours) throw new Error('nothing was measured');
  const [crud, bareCrud] = (['crud', 'bareCrud'] as const).map((name) => turns.taken.get(name));
  const toCrud = crud && ratioOf(ours, crud);
  const toBareCrud = bareCrud && ratioOf(ours, bareCrud);
  const { perSecond, p50ms, p95ms, p99ms } = ours.pooled;
  const all = pool([warm, ...ours.results, at32, at200]);
  const each = <T>(read: (taken: Taken) => T): Record<string, T> =>
    Object.fromEntries([...turns.taken].map(([name, taken]) => [name, read(taken)]));
  return {
    figures: {
      perSecond,
      perSecond32: pool([at32]).perSecond,
      p50ms,
      p95ms,
      p99ms,
      p95msAt200: pool([at200]).p95ms,
      errors: all.errors,
      ...(crud && { crudPerSecond: crud.pooled.perSecond }),
      ...(bareCrud && { bareCrudPerSecond: bareCrud.pooled.perSecond }),
    },
    ratios: { ...(toCrud && { toCrud: toCrud.value }), ...(toBareCrud && { toBareCrud: toBareCrud.value }) },
    settings: {
      interval95: {
        ...(toCrud && { toCrud: [toCrud.low, toCrud.high].map(significant) }),
        ...(toBareCrud && { toBareCrud: [toBareCrud.low, toBareCrud.high].map(significant) }),
      },
      stretches: each(({ rates }) => rates.map(Math.round)),
      cpuMsPerSubmission: each(({ cpuMsPerSubmission }) => cpuMsPerSubmission),
      catchUpSeconds: turns.catchUpSeconds.map(significant),
      errorsBy: { ...each(({ pooled }) => pooled.errorsBy), ours: all.errorsBy },
    },
  };
}
