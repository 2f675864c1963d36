import type { Bench, BenchOptions, BenchResult } from '../bench.ts';
import { closing, type Closing } from '../closing.ts';
import { loadComplaints, meanBytes } from '../complaints.ts';
import { serverVersion, startBenchLog } from '../log/bench-log.ts';
import { fillLog } from '../log/fill.ts';
import { aggregatesIn, interleaved, lifeCycles, spread, type Sizes } from '../log/plan.ts';
import { timeReads } from './time-reads.ts';

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
    ms3Spread: { text: 'of 3 events, spread over the whole log, median', unit: 'ms' },
    ms30Spread: { text: 'of 30 events, spread over the whole log, median', unit: 'ms' },
    ms300Spread: { text: 'of 300 events, spread over the whole log, median', unit: 'ms' },
    ms3KeyInMemory: { text: 'of 3 events, median, without fetching its data key', unit: 'ms' },
    fillPerSecond: { text: 'events appended in batches of 500, for information', unit: '/s' },
  },
  run: (options) => closing((steps) => run(options, steps)),
};

/** Submissions that are worked on at the same time, in that half of the log in which they have a life cycle. */
const ACTIVE = 1000;

function sizesFor(total: number): Sizes {
  const large = Math.ceil(total / 10_000);
  const middle = Math.ceil(total / 1000);
  const small = Math.ceil((total - large * 300 - middle * 30) / 3);
  return [
    { aggregates: large, events: 300 },
    { aggregates: middle, events: 30 },
    { aggregates: small, events: 3 },
  ];
}

async function run({ quick, signal, say }: BenchOptions, steps: Closing): Promise<BenchResult> {
  const half = sizesFor(quick ? 50_000 : 500_000);
  const count = aggregatesIn(half);
  const plan = interleaved(lifeCycles(half, ACTIVE), count, spread(half));
  const { answers } = await loadComplaints();
  const bench = await startBenchLog(steps);
  say(`writing ${plan.length.toLocaleString('en')} events`);
  const began = performance.now();
  const onProgress = (done: number): void => say(`${done.toLocaleString('en')} written`);
  const aggregates = await fillLog(bench, { plan, answers, signal, onProgress });
  const fillPerSecond = plan.length / ((performance.now() - began) / 1000);

  const bounds = { reads: quick ? 500 : 2000, seconds: quick ? 3 : 15 };
  const measured: Record<string, Awaited<ReturnType<typeof timeReads>>> = {};
  for (const [suffix, first] of [
    ['', 0],
    ['Spread', count],
  ] as const) {
    let from = first;
    for (const { aggregates: number, events } of half) {
      say(`reading submissions of ${events} events${suffix === '' ? '' : ' that are spread over the log'}`);
      const those = aggregates.slice(from, (from += number));
      measured[`ms${events}${suffix}`] = await timeReads(bench, those, { ...bounds, events, signal });
    }
  }
  const figures: Record<string, number> = { fillPerSecond };
  for (const [name, { median, p99 }] of Object.entries(measured)) {
    figures[name] = median;
    if (!name.endsWith('Spread')) figures[`${name}p99`] = p99;
  }
  figures.ms3KeyInMemory = measured.ms3?.medianAgain ?? NaN;
  return {
    figures,
    ratios: {},
    settings: {
      events: plan.length,
      aggregates: aggregates.length,
      sizes: half.map(({ aggregates: number, events }) => `${2 * number} of ${events}`),
      order: `one half live among ${ACTIVE} others at a time, the other half is spread over the whole log`,
      reads: Object.fromEntries(Object.entries(measured).map(([name, { reads }]) => [name, reads])),
      keys: 'each data key is fetched in the course of the read, as by a process that meets the submission for the first time',
      answersBytes: meanBytes(answers),
      natsServer: serverVersion(bench.bus),
    },
  };
}
