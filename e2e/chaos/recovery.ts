import { setTimeout as delay } from 'node:timers/promises';
import type { RunningSystem } from '#tools/start/system';
import type { FormbusClient } from '../client/client.ts';
import { COMPLAINTS } from '../demo/form.ts';
import type { Complaint } from './complaints.ts';
import type { Ledger } from './ledger.ts';
import type { Kill } from './victims.ts';

/** How long it took from a kill, in milliseconds. */
export interface Recovery {
  /** Until a submission was acknowledged and read back by its position. */
  readonly servingMs: number;
  /** Until all processes were there again and said that nothing is amiss. */
  readonly wholeMs: number;
}

const PROBE_EVERY_MS = 20;

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
    const key = `${this.#run}-probe-${this.#probes++}`;
    this.#ledger.sent(key, 0);
    const serving = until(() => this.#serve(key), signal).then(() => performance.now() - kill.at);
    const whole = until(async () => {
      await kill.gone();
      await this.#expectWhole();
    }, signal).then(() => performance.now() - kill.at);
    const [servingMs, wholeMs] = await Promise.all([serving, whole]);
    return { servingMs, wholeMs: Math.max(servingMs, wholeMs) };
  }

  async #serve(key: string): Promise<void> {
    const answer = await this.#client.submit(COMPLAINTS, this.#complaint.answers, { idempotencyKey: key });
    this.#ledger.answered(key, answer);
    await this.#client.getSubmission(COMPLAINTS, answer.body.id, answer.position);
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
