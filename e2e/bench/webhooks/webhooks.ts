import { setTimeout as delay } from 'node:timers/promises';
import { submissionSubmittedV2 } from '#contracts/submission/submission.events';
import { eventType } from '#contracts/event';
import { FormbusClient } from '../../client/client.ts';
import type { Bench, BenchOptions, BenchResult } from '../bench.ts';
import { closing, type Closing } from '../closing.ts';
import { loadComplaints } from '../complaints.ts';
import { FORM, startBenchSystem, type BenchSystem } from '../ingest/system.ts';
import { LoadGenerator } from '../load/generator.ts';
import { errorCount, perSecond, type LoadResult } from '../load/load.ts';
import { collectProfiles } from '../profile/collect.ts';
import { cpuSecondsOf } from '../processes.ts';
import { percentile, sorted } from '../statistics.ts';
import { healthyOf, Receivers } from './receivers.ts';

const ENDPOINTS = 10;
const SLOW_MS = 5_000;
/** Submissions a second that nobody delivers to nine endpoints on two cores. */
const FLOOD_PER_SECOND = 250;
/** Of what could be delivered, when latencies are measured. */
const SHARE = 0.6;
const CONNECTIONS = 64;
const LEAD_IN_S = 2;

export const webhooks: Bench = {
  name: 'webhooks',
  describe: 'Delivers signed webhooks to ten endpoints on loopback, one of them slow',
  keys: {
    perSecond: {
      text: 'to the nine healthy ones, while more comes than can be delivered',
      unit: '/s',
      atLeast: 800,
    },
    healthyP50ms: {
      text: 'from the submission to its arrival, at 0.6 of that, one endpoint slow',
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

interface Seconds {
  readonly flood: number;
  readonly steady: number;
  readonly patience: number;
}

const FULL: Seconds = { flood: 20, steady: 20, patience: 120 };
const QUICK: Seconds = { flood: 5, steady: 5, patience: 60 };

async function run(options: BenchOptions, steps: Closing): Promise<BenchResult> {
  const { quick, profile, say } = options;
  const seconds = quick ? QUICK : FULL;
  say('starting nats-server, MongoDB and the services');
  const system = await startBenchSystem(steps, await loadComplaints(), options, {
    WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
  });
  const client = steps.later(
    new FormbusClient({ url: system.running.url, apiKey: system.running.apiKey }),
    (open) => open.close(),
  );
  const type = eventType(submissionSubmittedV2);
  const receivers = await Receivers.start(steps, client, { form: FORM, type, count: ENDPOINTS });
  const generator = steps.later(await LoadGenerator.start(), (started) => started.stop());
  const stage = new Stage({ system, receivers, generator, seconds, options });
  await stage.steady(20, 0, 1);
  const from = micros();
  const flood = await stage.flood();
  const rate = Math.max(1, (SHARE * flood.perSecond) / receivers.healthy);
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
      perSecond: flood.perSecond,
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
      submissionsPerSecond: { flood: FLOOD_PER_SECOND, taken: flood.submissionsPerSecond, steady: rate },
      behindAtTheEnd: flood.behind,
      signaturesVerified: await receivers.verifySamples(),
      cpuMsPerDelivery: flood.cpuMsPerDelivery,
      ...(profile === undefined ? {} : { profiled: 'slower than without' }),
      ...system.components,
    },
  };
}

const micros = (): number => Number(process.hrtime.bigint() / 1000n);

interface StageOptions {
  readonly system: BenchSystem;
  readonly receivers: Receivers;
  readonly generator: LoadGenerator;
  readonly seconds: Seconds;
  readonly options: BenchOptions;
}

/** Everything that takes part, and what has been submitted up to now. */
class Stage {
  errors = 0;
  readonly #options: StageOptions;
  #submitted = 0;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  /** More submissions than can be delivered: how many deliveries there are a second, meanwhile. */
  async flood(): Promise<{
    perSecond: number;
    submissionsPerSecond: number;
    behind: number;
    cpuMsPerDelivery: Readonly<Record<string, number>>;
  }> {
    const { receivers, seconds, options } = this.#options;
    const { say } = options;
    say(`${FLOOD_PER_SECOND} submissions a second, the last endpoint answers after ${SLOW_MS} ms`);
    await receivers.begin(SLOW_MS);
    const load = this.#submit(FLOOD_PER_SECOND, seconds.flood + LEAD_IN_S);
    load.catch(() => undefined); // thrown below
    await delay(LEAD_IN_S * 1000, undefined, { signal: options.signal });
    const [before, cpuBefore, at] = [
      healthyOf(await receivers.report()),
      await this.#cpu(),
      performance.now(),
    ];
    const result = await load;
    const [after, cpuAfter, until] = [
      healthyOf(await receivers.report()),
      await this.#cpu(),
      performance.now(),
    ];
    const delivered = after - before;
    const behind = this.#submitted * receivers.healthy - after;
    const perSecondNow = delivered / ((until - at) / 1000);
    say(`${Math.round(perSecondNow)} deliveries/s, ${behind} behind at the end`);
    await this.#settle();
    const cpu = Object.entries(cpuAfter).map(
      ([name, taken]) =>
        [name, Number((((taken - (cpuBefore[name] ?? 0)) * 1000) / delivered).toPrecision(3))] as const,
    );
    return {
      perSecond: perSecondNow,
      submissionsPerSecond: perSecond(result),
      behind,
      cpuMsPerDelivery: Object.fromEntries(cpu),
    };
  }

  /** Submissions at a rate that can be delivered: how soon the healthy endpoints have them. */
  async steady(
    rate: number,
    slowMs: number | 'never',
    seconds: number,
  ): Promise<{ p50: number; p99: number; connections: number }> {
    const { receivers, options } = this.#options;
    const slow = slowMs === 'never' ? 'never answers' : `answers after ${slowMs} ms`;
    options.say(`${Math.round(rate)} submissions a second, the last endpoint ${slow}`);
    await receivers.begin(slowMs);
    await this.#submit(rate, seconds);
    await this.#settle();
    const { latenciesMs, slowConnections } = await receivers.report();
    const latencies = sorted(latenciesMs);
    const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
    options.say(`median ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms`);
    return { p50, p99, connections: slowConnections };
  }

  async #submit(rate: number, seconds: number): Promise<LoadResult> {
    const { generator, system } = this.#options;
    const load = {
      kind: 'open',
      perSecond: rate,
      seconds,
      warmUpSeconds: 0,
      connections: CONNECTIONS,
    } as const;
    const result = await generator.run(system.target, load);
    this.#submitted += result.acceptedInAll;
    this.errors += errorCount(result);
    return result;
  }

  /** Until the healthy ones have everything. @throws when they don't get it in time */
  async #settle(): Promise<void> {
    const { receivers, seconds, options } = this.#options;
    const patience = AbortSignal.any([options.signal, AbortSignal.timeout(seconds.patience * 1000)]);
    const wanted = this.#submitted * receivers.healthy;
    for (;;) {
      const got = healthyOf(await receivers.report());
      if (got >= wanted) return;
      if (patience.aborted) throw new Error(`${wanted - got} of ${wanted} deliveries did not come`);
      await delay(100);
    }
  }

  async #cpu(): Promise<Record<string, number>> {
    const { system, receivers, generator } = this.#options;
    const processes = { ...system.processes(), receivers: receivers.pid, generator: generator.pid };
    const taken = Object.entries(processes).map(
      async ([name, pid]) => [name, await cpuSecondsOf(pid)] as const,
    );
    return Object.fromEntries(await Promise.all(taken));
  }
}
