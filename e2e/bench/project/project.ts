import { isDeepStrictEqual } from 'node:util';
import mongoose from 'mongoose';
import type { SubmissionDocument } from '#services/forms/submission/submission.projection';
import { startTestMongo } from '#tools/testing/mongo';
import type { Bench, BenchOptions, BenchResult } from '../bench.ts';
import { closing, type Closing } from '../closing.ts';
import { loadComplaints, meanBytes } from '../complaints.ts';
import { serverVersion, startBenchLog } from '../log/bench-log.ts';
import { fillLog } from '../log/fill.ts';
import { spread } from '../log/plan.ts';
import { significant } from '../report.ts';
import { median, pairedRatio } from '../statistics.ts';
import { bareProjection } from './bare.ts';
import { rebuildOurs } from './ours.ts';

export const project: Bench = {
  name: 'project',
  describe: 'Rebuilds the read model of submissions from the log',
  keys: {
    perSecond: { text: 'events folded and durable, median of the rounds', unit: '/s', atLeast: 10_000 },
    barePerSecond: { text: 'the same by a bare ordered consumer and bulkWrite', unit: '/s' },
    toBare: { text: 'of the bare consumer, in pairs', atLeast: 0.6 },
  },
  run: (options) => closing((steps) => run(options, steps)),
};

async function run({ quick, signal, say }: BenchOptions, steps: Closing): Promise<BenchResult> {
  const events = quick ? 40_000 : 200_000;
  const rounds = quick ? 4 : 5;
  const { answers } = await loadComplaints();
  const bench = await startBenchLog(steps);
  const mongo = steps.later(await startTestMongo(), (engine) => engine.stop());
  const client = steps.later(
    await mongoose.createConnection(mongo.uri, { retryWrites: false }).asPromise(),
    (connection) => connection.close(),
  );
  say(`writing ${events.toLocaleString('en')} events`);
  await fillLog(bench, {
    plan: spread([{ aggregates: events, events: 1 }]),
    answers,
    signal,
    onProgress: () => undefined,
  });
  const lastSeq = await bench.open().log.lastSeq();

  const ours = async (name: string, check?: mongoose.mongo.Db): Promise<number> => {
    const rebuilt = await rebuildOurs(bench, { uri: mongo.uri, name }, lastSeq, signal);
    try {
      if (check)
        await expectSame(rebuilt.collection, check.collection<SubmissionDocument>('submissions'), events);
      return events / rebuilt.seconds;
    } finally {
      await rebuilt.close();
    }
  };
  const theirs = async (db: mongoose.mongo.Db): Promise<number> => {
    const began = performance.now();
    const written = await bareProjection(bench, db, lastSeq);
    if (written !== events) throw new Error(`the bare consumer wrote ${written} of ${events} documents`);
    return written / ((performance.now() - began) / 1000);
  };

  const pairs: { ours: number; theirs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    const bareDb = client.useDb(`bare_${round}`).db;
    const ourName = `ours_${round}`;
    if (!bareDb) throw new Error('the connection has no database');
    // Whoever goes second finds a warmer machine, so they take turns.
    const oursFirst = round % 2 === 0;
    const before = oursFirst ? await ours(ourName) : undefined;
    const bare = await theirs(bareDb);
    const pair = { ours: before ?? (await ours(ourName, bareDb)), theirs: bare };
    say(`round ${round + 1}: ${Math.round(pair.ours)}/s, bare ${Math.round(pair.theirs)}/s`);
    // The first round warms up.
    if (round > 0) pairs.push(pair);
    await Promise.all([bareDb.dropDatabase(), client.useDb(ourName).dropDatabase()]);
  }
  const ratio = pairedRatio(pairs);
  return {
    figures: {
      perSecond: median(pairs.map((pair) => pair.ours)),
      barePerSecond: median(pairs.map((pair) => pair.theirs)),
    },
    ratios: { toBare: ratio.value },
    settings: {
      events,
      pairs: pairs.map((pair) => [pair.ours, pair.theirs].map(Math.round)),
      interval95: { toBare: [ratio.low, ratio.high].map(significant) },
      lifeCycles:
        'one event a submission, with its data key before it: the catalog has no other event of a submission',
      answersBytes: meanBytes(answers),
      natsServer: serverVersion(bench.bus),
    },
  };
}

/** Both have made the same documents; a difference would make the comparison worthless. */
async function expectSame(
  ours: mongoose.mongo.Collection<SubmissionDocument>,
  theirs: mongoose.mongo.Collection<SubmissionDocument>,
  count: number,
): Promise<void> {
  const sample = await theirs.find().sort({ _id: 1 }).limit(200).toArray();
  const ids = sample.map(({ _id }) => _id);
  const found = await ours
    .find({ _id: { $in: ids } }, { projection: { _seq: 0 } })
    .sort({ _id: 1 })
    .toArray();
  if (!isDeepStrictEqual(found, sample)) throw new Error('the two read models differ');
  const documents = await ours.countDocuments({ state: 'submitted' });
  if (documents !== count) throw new Error(`the read model has ${documents} documents, not ${count}`);
}
