import { setTimeout as delay } from 'node:timers/promises';
import type { RunningSystem } from '#tools/start/system';
import type { FormbusClient } from '../client/client.ts';
import { COMPLAINTS } from '../demo/form.ts';
import type { Complaint } from './complaints.ts';
import type { Ledger } from './ledger.ts';
import type { Kill } from './victims.ts';

/** How long it took from a kill, in milliseconds. */
export interface Recovery {
  /** Until a submission was acknowledged. */
  readonly acceptingMs: number;
  /** Until it was read back by its position. */
  readonly servingMs: number;
  /** Until all processes were there again and said that nothing is amiss. */
  readonly wholeMs: number;
}

const PROBE_EVERY_MS = 50;

/** Attempts that wait for an answer at the same time. */
const PROBES = 16;

/** Asks again and again for one submission through the whole system: the log, the projection and the database. */
export class Recoveries {
  readonly #system: RunningSystem;
  /** One that repeats nothing and waits for little. */
  readonly #client: FormbusClient;
  readonly #ledger: Ledger;
  readonly #complaint: Complaint;
  readonly #run: string;
  #probes = 0;

  constructor(
    system: RunningSystem,
    client: FormbusClient,
    ledger: Ledger,
    complaint: Complaint,
    run: string,
  ) {
    this.#system = system;
    this.#client = client;
    this.#ledger = ledger;
    this.#complaint = complaint;
    this.#run = run;
  }

  /** @throws what was wrong last when the system has not recovered before `signal` aborts */
  async after(kill: Kill, signal: AbortSignal): Promise<Recovery> {
    const since = (): number => performance.now() - kill.at;
    const serving = this.#serve(signal, since);
    const whole = until(async () => {
      await kill.gone();
      await this.#expectWhole();
    }, signal).then(since);
    const [{ acceptingMs, servingMs }, wholeMs] = await Promise.all([serving, whole]);
    return { acceptingMs, servingMs, wholeMs: Math.max(servingMs, wholeMs) };
  }

  async #serve(
    signal: AbortSignal,
    since: () => number,
  ): Promise<Pick<Recovery, 'acceptingMs' | 'servingMs'>> {
    const key = `${this.#run}-probe-${this.#probes++}`;
    this.#ledger.sent(key, 0);
    const { answers } = this.#complaint;
    const submit = () => this.#client.submit(COMPLAINTS, answers, { idempotencyKey: key });
    const answer = await firstOf(submit, signal);
    const acceptingMs = since();
    this.#ledger.answered(key, answer);
    await firstOf(() => this.#client.getSubmission(COMPLAINTS, answer.body.id, answer.position), signal);
    return { acceptingMs, servingMs: since() };
  }

  async #expectWhole(): Promise<void> {
    await this.#system.ready(AbortSignal.timeout(5_000));
    for (const { name, internalPort } of this.#system.processes) {
      if (internalPort === undefined) continue;
      const response = await fetch(`http://127.0.0.1:${internalPort}/readyz`, {
        signal: AbortSignal.timeout(2_000),
      });
      const report = (await response.json()) as { status?: string };
      if (report.status !== 'ok')
        throw new Error(`${name} is ${String(report.status)}: ${JSON.stringify(report)}`);
    }
  }
}

async function until(attempt: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) throw error;
      await delay(PROBE_EVERY_MS);
    }
  }
}

/**
 * Starts an attempt every few milliseconds, whatever became of those before, and gives the first that succeeds: one
 * whose request died with the process would wait for an answer long after the system has recovered.
 */
function firstOf<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let open = 0;
  const start = (): void => {
    if (open >= PROBES) return;
    open++;
    attempt()
      .then(resolve, (error: unknown) => {
        if (signal.aborted) reject(error instanceof Error ? error : new Error(String(error)));
      })
      .finally(() => open--);
  };
  const timer = setInterval(start, PROBE_EVERY_MS);
  start();
  return promise.finally(() => clearInterval(timer));
}
