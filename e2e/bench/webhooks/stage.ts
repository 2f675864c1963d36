import { setTimeout as delay } from 'node:timers/promises';
import { pause } from '#eventing/pause';
import type { FormbusClient } from '../../client/client.ts';
import type { BenchOptions } from '../bench.ts';
import { FORM, type BenchSystem } from '../ingest/system.ts';
import type { LoadGenerator } from '../load/generator.ts';
import { errorCount } from '../load/load.ts';
import { cpuSecondsOf } from '../processes.ts';
import { percentile, sorted } from '../statistics.ts';
import type { Receivers } from './receivers.ts';

export interface Seconds {
  readonly limit: number;
  readonly steady: number;
  /** Until what was submitted must have arrived. */
  readonly patience: number;
}

export interface StageOptions {
  readonly system: BenchSystem;
  readonly client: FormbusClient;
  readonly answers: readonly Readonly<Record<string, unknown>>[];
  readonly receivers: Receivers;
  readonly generator: LoadGenerator;
  readonly seconds: Seconds;
  readonly options: BenchOptions;
}

/** Deliveries to healthy endpoints that are on their way at the limit: enough that nobody is ever idle. */
export const WAITING = 1_000;
const SUBMITTERS = 8;
const LEAD_IN_MS = 2_000;
const LOOK_MS = 25;
const CONNECTIONS = 64;

export interface Limit {
  readonly perSecond: number;
  readonly submissionsPerSecond: number;
  /** Of everything that works for it, the submissions themselves included. */
  readonly cpuMsPerDelivery: Readonly<Record<string, number>>;
}

/** Everything that takes part, and what has been submitted up to now. */
export class Stage {
  errors = 0;
  readonly #options: StageOptions;
  #submitted = 0;
  #delivered = 0;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  /** Submits as fast as the healthy endpoints get it: how many deliveries there are a second. */
  async atTheLimit(slowMs: number): Promise<Limit> {
    const { receivers, seconds, options } = this.#options;
    const { say, signal } = options;
    say(`as much as is delivered; the last endpoint answers after ${slowMs} ms`);
    await receivers.begin(slowMs);
    const over = new AbortController();
    const submitting = Promise.all(
      Array.from({ length: SUBMITTERS }, () =>
        this.#submitWhileWanted(AbortSignal.any([over.signal, signal])),
      ),
    );
    try {
      await this.#lookOnFor(LEAD_IN_MS);
      const before = await this.#taken();
      await this.#lookOnFor(seconds.limit * 1000);
      const after = await this.#taken();
      const delivered = after.delivered - before.delivered;
      const elapsed = (after.at - before.at) / 1000;
      say(`${Math.round(delivered / elapsed)} deliveries/s`);
      const cpu = Object.entries(after.cpu).map(([name, taken]) => {
        const ms = ((taken - (before.cpu[name] ?? 0)) * 1000) / delivered;
        return [name, Number(ms.toPrecision(3))] as const;
      });
      return {
        perSecond: delivered / elapsed,
        submissionsPerSecond: (after.submitted - before.submitted) / elapsed,
        cpuMsPerDelivery: Object.fromEntries(cpu),
      };
    } finally {
      over.abort();
      await submitting;
      await this.#settle();
    }
  }

  /** Submissions at a rate that can be delivered: how soon the healthy endpoints have them. */
  async steady(
    rate: number,
    slowMs: number | 'never',
    seconds: number,
  ): Promise<{ p50: number; p99: number; connections: number }> {
    const { receivers, generator, system, options } = this.#options;
    const slow = slowMs === 'never' ? 'never answers' : `answers after ${slowMs} ms`;
    options.say(`${Math.round(rate)} submissions a second; the last endpoint ${slow}`);
    await receivers.begin(slowMs);
    const result = await generator.run(system.target, {
      kind: 'open',
      perSecond: rate,
      seconds,
      warmUpSeconds: 0,
      connections: CONNECTIONS,
    });
    this.#submitted += result.acceptedInAll;
    this.errors += errorCount(result);
    await this.#settle();
    const { latenciesMs, slowConnections } = await receivers.report();
    const latencies = sorted(latenciesMs);
    const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
    options.say(`median ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms`);
    return { p50, p99, connections: slowConnections };
  }

  get #waiting(): number {
    return this.#submitted * this.#options.receivers.healthy - this.#delivered;
  }

  async #submitWhileWanted(signal: AbortSignal): Promise<void> {
    const { client, answers } = this.#options;
    while (!signal.aborted) {
      if (this.#waiting >= WAITING) {
        await pause(LOOK_MS, signal);
        continue;
      }
      const n = this.#submitted++;
      await client.submit(FORM, answers[n % answers.length] ?? {});
    }
  }

  async #lookOnFor(ms: number): Promise<void> {
    const { receivers, options } = this.#options;
    const until = performance.now() + ms;
    while (performance.now() < until) {
      this.#delivered = await receivers.count();
      await delay(LOOK_MS, undefined, { signal: options.signal });
    }
  }

  /** Until the healthy ones have everything. @throws when they don't get it in time */
  async #settle(): Promise<void> {
    const { seconds, options } = this.#options;
    const patience = performance.now() + seconds.patience * 1000;
    while (this.#waiting > 0) {
      options.signal.throwIfAborted();
      if (performance.now() > patience) throw new Error(`${this.#waiting} deliveries did not come`);
      await this.#lookOnFor(4 * LOOK_MS);
    }
  }

  async #taken(): Promise<{ at: number; delivered: number; submitted: number; cpu: Record<string, number> }> {
    const { system, receivers, generator } = this.#options;
    const processes = { ...system.processes(), receivers: receivers.pid, generator: generator.pid };
    const cpu = Object.entries(processes).map(
      async ([name, pid]) => [name, await cpuSecondsOf(pid)] as const,
    );
    const delivered = await receivers.count();
    return {
      at: performance.now(),
      delivered,
      submitted: this.#submitted,
      cpu: Object.fromEntries(await Promise.all(cpu)),
    };
  }
}
