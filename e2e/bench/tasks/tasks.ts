import pino from 'pino';
import { TIERS } from '#contracts/task';
import { connectBus } from '#eventing/bus';
import { ensureTopology } from '#eventing/topology';
import { resolveRedis, type RedisBinary } from '#tools/components/redis-server';
import { ambientContext, ComponentUnavailable } from '#tools/components/route';
import { startTestNats } from '#tools/testing/nats';
import type { Bench, BenchOptions, BenchResult } from '../bench.ts';
import { closing, type Closing } from '../closing.ts';
import { serverVersion } from '../log/bench-log.ts';
import { collectProfiles } from '../profile/collect.ts';
import { significant } from '../report.ts';
import { median } from '../statistics.ts';
import { startBullmq } from './bullmq.ts';
import { IN_FLIGHT, type Contender } from './contender.ts';
import { CONCURRENCY } from './kinds.ts';
import { measureHighLatency, type HighLatency } from './latency.ts';
import { ours, type OursOptions } from './ours.ts';
import { FSYNCS, startRedis } from './redis.ts';
import { cpuOf, fastest, inTurn, ratesOf, ratioOf, type TurnSizes, type Turns } from './turns.ts';

export const tasks: Bench = {
  name: 'tasks',
  describe: 'Enqueues tasks that do nothing and does them, through all three tiers',
  keys: {
    perSecond: { text: 'enqueued, done and acknowledged, median of the rounds', unit: '/s', atLeast: 6500 },
    highP50ms: { text: 'high tier, asked for to begun, while 10,000 batch tasks wait', unit: 'ms' },
    highP99ms: { text: '99th percentile of that', unit: 'ms', under: 20 },
    highMaxMs: { text: 'the longest of that', unit: 'ms' },
    bullmqFsync: { text: 'BullMQ, appendfsync always, added one by one', unit: '/s' },
    bullmqEverysec: { text: 'BullMQ, appendfsync everysec, added one by one', unit: '/s' },
    bullmqFsyncBulk: { text: 'BullMQ, appendfsync always, added in bulk', unit: '/s' },
    bullmqEverysecBulk: { text: 'BullMQ, appendfsync everysec, added in bulk', unit: '/s' },
    toBullmqFsync: { text: 'of BullMQ that keeps what it acknowledged, one by one, in pairs', atLeast: 1 },
    toBullmqEverysec: { text: 'of BullMQ that may lose a second, one by one, in pairs', atLeast: 1 },
    toBullmqFsyncBulk: { text: 'of BullMQ that keeps what it acknowledged, in bulk, in pairs' },
    toBullmqEverysecBulk: { text: 'of BullMQ that may lose a second, in bulk, in pairs' },
  },
  run: (options) => closing((steps) => run(options, steps)),
};

interface Sizes extends TurnSizes {
  /** Tasks of a stretch that chooses between two set-ups. */
  readonly tryout: number;
  readonly latencySeconds: number;
}

const FULL: Sizes = { tasks: 30_000, warmUp: 9_000, tryout: 15_000, rounds: 7, latencySeconds: 20 };
const QUICK: Sizes = { tasks: 9_000, warmUp: 3_000, tryout: 3_000, rounds: 3, latencySeconds: 5 };

async function run(options: BenchOptions, steps: Closing): Promise<BenchResult> {
  const { quick, profile, redis, say } = options;
  const sizes = quick ? QUICK : FULL;
  // Profiles are of ours alone: what else runs would only be in their way.
  const rival = redis && profile === undefined ? await findRedis(say) : undefined;
  const nats = steps.later(await startTestNats(), (server) => server.stop());
  const logger = pino({ level: 'warn' }, pino.destination(2));
  const bus = steps.later(await connectBus({ servers: nats.url, name: 'bench', logger }), (open) =>
    open.close(),
  );
  await ensureTopology(bus);

  const env =
    profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${JSON.stringify(profile)}` };
  const formbus = { bus, url: nats.url, natsPid: nats.pid, env };
  const measured = await closing((scope) => throughput(formbus, rival?.path, sizes, options, scope));
  say('the high tier under a flood of batch tasks');
  const high = await closing((scope) =>
    measureHighLatency(scope, { url: nats.url, seconds: sizes.latencySeconds, env: {} }, options),
  );
  return report(measured.turns, high, {
    tasks: sizes.tasks,
    rounds: sizes.rounds,
    inFlight: `${IN_FLIGHT} callers, each waits for its answer; bulk adds 100 a call`,
    concurrency: `${CONCURRENCY} of each tier; of BullMQ as many in all`,
    setUps: measured.tried,
    natsServer: `${serverVersion(bus)}, sync_interval always`,
    redis: rival?.version ?? null,
    ...(profile === undefined ? {} : { profiled: 'slower than without' }),
  });
}

/** Without one there is nothing to compare with, and still something to measure. */
async function findRedis(say: BenchOptions['say']): Promise<RedisBinary | undefined> {
  try {
    return await resolveRedis(ambientContext(say));
  } catch (error) {
    if (!(error instanceof ComponentUnavailable)) throw error;
    say(`${error.message}\nIt is left out: its figures and ratios are null.`);
    return undefined;
  }
}

type Formbus = Omit<OursOptions, 'steps' | 'workers'>;

async function throughput(
  formbus: Formbus,
  command: string | undefined,
  sizes: Sizes,
  options: BenchOptions,
  steps: Closing,
): Promise<{ turns: Turns; tried: Record<string, Readonly<Record<string, number>>> }> {
  const { profile, say } = options;
  say('choosing the set-ups that are fastest here');
  const start =
    (env: NodeJS.ProcessEnv) =>
    (workers: OursOptions['workers'], scope: Closing): Promise<Contender> =>
      ours({ ...formbus, env, steps: scope, workers });
  const layout = await fastest([[TIERS], TIERS.map((tier) => [tier])], start({}), sizes.tryout);
  const tried: Record<string, Readonly<Record<string, number>>> = { ours: layout.tried };
  const contenders = [await start(formbus.env)(layout.way, steps)];
  for (const fsync of command === undefined ? [] : FSYNCS) {
    const redis = await startRedis(steps, command ?? '', fsync);
    const set = (queues: number, scope: Closing) => startBullmq({ steps: scope, redis, fsync, queues });
    const choice = await fastest(
      [1, TIERS.length],
      async (queues, scope) => (await set(queues, scope)).single,
      sizes.tryout,
    );
    tried[`bullmq ${fsync}`] = choice.tried;
    const { single, bulk } = await set(choice.way, steps);
    contenders.push(single, bulk);
  }
  const from = micros();
  const turns = await inTurn(contenders, sizes, options);
  if (profile !== undefined) {
    const owners = new Map(Object.entries(contenders[0]?.processes ?? {}).map(([name, pid]) => [pid, name]));
    const window = { from, to: micros() };
    await collectProfiles({ folder: profile, owners, window, stop: () => steps.close(), say });
  }
  return { turns, tried };
}

const micros = (): number => Number(process.hrtime.bigint() / 1000n);

function report(turns: Turns, high: HighLatency, settings: Record<string, unknown>): BenchResult {
  const rate = (name: string): number | null =>
    turns.has(name) ? Math.round(median(ratesOf(turns, name))) : null;
  const ratios = {
    toBullmqFsync: ratioOf(turns, 'ours', 'bullmq always'),
    toBullmqEverysec: ratioOf(turns, 'ours', 'bullmq everysec'),
    toBullmqFsyncBulk: ratioOf(turns, 'ours', 'bullmq always bulk'),
    toBullmqEverysecBulk: ratioOf(turns, 'ours', 'bullmq everysec bulk'),
  };
  return {
    figures: {
      perSecond: rate('ours'),
      highP50ms: high.p50,
      highP99ms: high.p99,
      highMaxMs: high.max,
      bullmqFsync: rate('bullmq always'),
      bullmqEverysec: rate('bullmq everysec'),
      bullmqFsyncBulk: rate('bullmq always bulk'),
      bullmqEverysecBulk: rate('bullmq everysec bulk'),
    },
    ratios: mapped(ratios, (interval) => interval?.value ?? null),
    settings: {
      ...settings,
      interval95: mapped(ratios, (interval) => interval && [interval.low, interval.high].map(significant)),
      stretches: Object.fromEntries(
        [...turns.keys()].map((name) => [name, ratesOf(turns, name).map(Math.round)]),
      ),
      cpuMsPerTask: Object.fromEntries([...turns].map(([name, taken]) => [name, cpuOf(taken)])),
      highLatency: `${high.tasks} tasks, one each 5 ms; ${Math.round(high.batchPerSecond)} batch tasks/s enqueued meanwhile`,
    },
  };
}

const mapped = <From, To>(
  values: Readonly<Record<string, From>>,
  to: (value: From) => To,
): Record<string, To> => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]));
