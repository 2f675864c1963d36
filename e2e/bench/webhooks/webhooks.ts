import { submissionSubmittedV2 } from '#contracts/submission/submission.events';
import { eventType } from '#contracts/event';
import { FormbusClient } from '../../client/client.ts';
import type { Bench, BenchOptions, BenchResult } from '../bench.ts';
import { closing, type Closing } from '../closing.ts';
import { loadComplaints } from '../complaints.ts';
import { FORM, startBenchSystem } from '../ingest/system.ts';
import { LoadGenerator } from '../load/generator.ts';
import { collectProfiles } from '../profile/collect.ts';
import { Receivers } from './receivers.ts';
import { Stage, WAITING, type Seconds } from './stage.ts';

const ENDPOINTS = 10;
const SLOW_MS = 5_000;
/** Of what could be delivered, when latencies are measured. */
const SHARE = 0.6;
export const webhooks: Bench = {
  name: 'webhooks',
  describe: 'Delivers signed webhooks to ten endpoints on loopback, one of them slow',
  keys: {
    perSecond: {
      text: 'to the nine healthy ones, at the limit, one endpoint slow',
      unit: '/s',
      atLeast: 800,
    },
    healthyP50ms: {
      text: 'from the submission to its arrival, at 0.6 of that',
      unit: 'ms',
    },
    healthyP99ms: { text: '99th percentile of that', unit: 'ms', under: 1000 },
    healthyP99msNever: { text: 'the same, while one endpoint never answers', unit: 'ms', under: 1000 },
    healthyP99msAllWell: { text: 'the same, while all answer at once', unit: 'ms' },
    slowConnections: { text: 'to the slow endpoint at the same time, at most' },
    slowConnectionsNever: { text: 'to the one that never answers' },
    repeated: { text: 'deliveries that came twice' },
    errors: { text: 'submissions that were not taken', under: 1 },
  },
  run: (options) => closing((steps) => run(options, steps)),
};

const FULL: Seconds = { limit: 20, steady: 20, patience: 120 };
const QUICK: Seconds = { limit: 6, steady: 5, patience: 60 };

async function run(options: BenchOptions, steps: Closing): Promise<BenchResult> {
  const { quick, profile, say } = options;
  const seconds = quick ? QUICK : FULL;
  say('starting nats-server, MongoDB and the services');
  const complaints = await loadComplaints();
  const system = await startBenchSystem(steps, complaints, options, {
    WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
  });
  const client = steps.later(
    new FormbusClient({ url: system.running.url, apiKey: system.running.apiKey }),
    (open) => open.close(),
  );
  const type = eventType(submissionSubmittedV2);
  const receivers = await Receivers.start(steps, client, { form: FORM, type, count: ENDPOINTS });
  const generator = steps.later(await LoadGenerator.start(), (started) => started.stop());
  const stage = new Stage({
    system,
    client,
    answers: complaints.answers,
    receivers,
    generator,
    seconds,
    options,
  });
  await stage.steady(20, 0, 1);
  const from = micros();
  const limit = await stage.atTheLimit(SLOW_MS);
  const rate = Math.max(1, (SHARE * limit.perSecond) / receivers.healthy);
  const well = await stage.steady(rate, 0, seconds.steady);
  const slow = await stage.steady(rate, SLOW_MS, seconds.steady);
  const never = await stage.steady(rate, 'never', seconds.steady);
  if (profile !== undefined) {
    const stop = (): Promise<void> => system.running.stop();
    await collectProfiles({
      folder: profile,
      owners: await system.owners(),
      window: { from, to: micros() },
      stop,
      say,
    });
  }
  const { repeated } = await receivers.report();
  return {
    figures: {
      perSecond: limit.perSecond,
      healthyP50ms: slow.p50,
      healthyP99ms: slow.p99,
      healthyP99msNever: never.p99,
      healthyP99msAllWell: well.p99,
      slowConnections: slow.connections,
      slowConnectionsNever: never.connections,
      repeated,
      errors: stage.errors,
    },
    ratios: {},
    settings: {
      endpoints: `${ENDPOINTS}, the last one after ${SLOW_MS} ms or never; thin payloads`,
      latency: "from the submission's time, which is before it is appended, to the last byte of the request",
      seconds,
      submissionsPerSecond: { limit: limit.submissionsPerSecond, steady: rate },
      limit: `submitted whenever fewer than ${WAITING} deliveries were on their way`,
      signaturesVerified: await receivers.verifySamples(),
      cpuMsPerDelivery: limit.cpuMsPerDelivery,
      ...(profile === undefined ? {} : { profiled: 'slower than without' }),
      ...system.components,
    },
  };
}

const micros = (): number => Number(process.hrtime.bigint() / 1000n);
