import { loadComplaints, meanBytes } from '../complaints.ts';
import type { Bench, BenchOptions, BenchResult } from '../bench.ts';
import { closing, type Closing } from '../closing.ts';
import { serverVersion, startBenchLog, type BenchLog } from '../log/bench-log.ts';
import { fillLog, WORKSPACE, type Aggregate } from '../log/fill.ts';
import { seeded, spread, type Sizes } from '../log/plan.ts';
import { percentile, sorted } from '../statistics.ts';

export const aggregate: Bench = {
  name: 'aggregate',
  describe: 'Loads one submission among a million events: EventLog.read, decoded and decrypted',
  keys: {
    ms3: { text: 'of 3 events, median', unit: 'ms', under: 1 },
    ms30: { text: 'of 30 events, median', unit: 'ms', under: 2 },
    ms300: { text: 'of 300 events, median', unit: 'ms', under: 10 },
    ms3p99: { text: 'of 3 events, 99th percentile', unit: 'ms' },
    ms30p99: { text: 'of 30 events, 99th percentile', unit: 'ms' },
    ms300p99: { text: 'of 300 events, 99th percentile', unit: 'ms' },
    ms3KeyInMemory: { text: 'of 3 events, median, without fetching its data key', unit: 'ms' },
    fillPerSecond: { text: 'events appended in batches of 500, for information', unit: '/s' },
  },
  run: (options) => closing((steps) => run(options, steps)),
};

const LARGE = 300;
const MIDDLE = 30;
const SMALL = 3;

function sizesFor(total: number): Sizes {
  const large = total / 10_000;
  const middle = total / 1000;
  const rest = total - large * LARGE - middle * MIDDLE;
  return [
    { aggregates: large, events: LARGE },
    { aggregates: middle, events: MIDDLE },
    { aggregates: Math.ceil(rest / SMALL), events: SMALL },
  ];
}

async function run({ quick, signal, say }: BenchOptions, steps: Closing): Promise<BenchResult> {
  const total = quick ? 100_000 : 1_000_000;
  const sizes = sizesFor(total);
  const plan = spread(sizes);
  const { answers } = await loadComplaints();
  const bench = await startBenchLog(steps);
  say(`writing ${plan.length.toLocaleString('en')} events`);
  const began = performance.now();
  const aggregates = await fillLog(bench, {
    plan,
    answers,
    signal,
    onProgress: (done) => say(`${done.toLocaleString('en')} written`),
  });
  const fillPerSecond = plan.length / ((performance.now() - began) / 1000);
  say('reading');
  const [large, middle, small] = groups(sizes, aggregates);
  const samples = quick ? 500 : 2000;
  const three = await timeReads(bench, SMALL, draw(small, samples), signal);
  const thirty = await timeReads(bench, MIDDLE, draw(middle, samples), signal);
  const threeHundred = await timeReads(bench, LARGE, draw(large, samples / 5), signal);
  return {
    figures: {
      ms3: three.median,
      ms30: thirty.median,
      ms300: threeHundred.median,
      ms3p99: three.p99,
      ms30p99: thirty.p99,
      ms300p99: threeHundred.p99,
      ms3KeyInMemory: three.medianAgain,
      fillPerSecond,
    },
    ratios: {},
    settings: {
      events: plan.length,
      aggregates: aggregates.length,
      sizes,
      reads: { of3: three.reads, of30: thirty.reads, of300: threeHundred.reads },
      keys: 'each data key is fetched in the course of the read, as by a process that meets the submission for the first time',
      answersBytes: meanBytes(answers),
      natsServer: serverVersion(bench.bus),
    },
  };
}

function groups(sizes: Sizes, aggregates: readonly Aggregate[]): [Aggregate[], Aggregate[], Aggregate[]] {
  let from = 0;
  const cut = sizes.map(({ aggregates: count }) => aggregates.slice(from, (from += count)));
  return [cut[0] ?? [], cut[1] ?? [], cut[2] ?? []];
}

/** `count` of them at random; each as often as any other when there are not enough. */
function draw(from: readonly Aggregate[], count: number): Aggregate[] {
  const random = seeded(2);
  const mixed = from
    .map((aggregate) => ({ aggregate, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ aggregate }) => aggregate);
  return Array.from({ length: count }, (_, at) => mixed[at % mixed.length]).filter(
    (found) => found !== undefined,
  );
}

/** One after the other; each with its data key out of memory, and then again with it at hand. */
async function timeReads(
  bench: BenchLog,
  events: number,
  aggregates: readonly Aggregate[],
  signal: AbortSignal,
) {
  const { log, keyring } = bench.open();
  await keyring.open(WORKSPACE);
  const first: number[] = [];
  const again: number[] = [];
  const timed = async ({ subject }: Aggregate): Promise<number> => {
    const before = performance.now();
    const found = await log.read(subject);
    const took = performance.now() - before;
    if (found.length !== events || found.some(({ erased }) => erased))
      throw new Error(`${subject} was not read as written`);
    return took;
  };
  for (const each of aggregates.slice(0, WARM_UP)) await timed(each);
  for (const each of aggregates) {
    signal.throwIfAborted();
    keyring.forget(WORKSPACE, each.id);
    first.push(await timed(each));
    again.push(await timed(each));
  }
  const ascending = sorted(first);
  return {
    median: percentile(ascending, 0.5),
    p99: percentile(ascending, 0.99),
    medianAgain: percentile(sorted(again), 0.5),
    reads: first.length,
  };
}

const WARM_UP = 200;
