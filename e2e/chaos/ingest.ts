import { setTimeout as delay } from 'node:timers/promises';
import { FormbusClient } from '../client/client.ts';
import { isPassing } from '../client/retry.ts';
import { COMPLAINTS } from '../demo/form.ts';
import type { Complaint } from './complaints.ts';
import type { Ledger } from './ledger.ts';

export interface IngestOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly connections: number;
  readonly complaints: readonly Complaint[];
  readonly ledger: Ledger;
  /** Makes the keys of one run differ from those of another. */
  readonly run: string;
  /** Ends all retries. */
  readonly signal: AbortSignal;
}

/** How long one submission is repeated before its outcome is left unknown. */
const PATIENCE_MS = 90_000;
const ATTEMPT_MS = 10_000;

/** The pause of each connection when the burst is used up. */
const TRICKLE_MS = 100;

/** Submits complaints over several connections until it is told to stop: at full speed in bursts, and slowly between them. */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #client: FormbusClient;
  readonly #stopping = new AbortController();
  readonly #lanes: Promise<unknown>;
  #failure: { readonly error: unknown } | undefined;
  #sent = 0;
  #burstUpTo = 0;

  constructor(options: IngestOptions) {
    const { url, apiKey, connections, signal } = options;
    this.#options = options;
    this.#client = new FormbusClient({
      url,
      apiKey,
      connections,
      retryForMs: PATIENCE_MS,
      timeoutMs: ATTEMPT_MS,
      signal,
    });
    this.#lanes = Promise.all(Array.from({ length: connections }, () => this.#lane()));
  }

  get sent(): number {
    return this.#sent;
  }

  /** The next `size` submissions go at full speed. */
  burst(size: number): void {
    this.#burstUpTo = this.#sent + size;
  }

  /** Resolves when so many are acknowledged. @throws what ended the ingest, and when `signal` aborts */
  async until(acknowledged: number, signal: AbortSignal): Promise<void> {
    while (this.#options.ledger.acknowledged < acknowledged) {
      if (this.#failure) throw this.#failure.error;
      await delay(5, undefined, { signal });
    }
  }

  /** Sends nothing new, and resolves when everything that was sent is answered or given up. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#lanes;
    await this.#client.close();
    if (this.#failure) throw this.#failure.error;
  }

  async #lane(): Promise<void> {
    while (!this.#stopping.signal.aborted && !this.#failure) {
      if (this.#sent >= this.#burstUpTo) await delay(TRICKLE_MS);
      await this.#submit(this.#sent++);
    }
  }

  async #submit(n: number): Promise<void> {
    const { complaints, ledger, run } = this.#options;
    const row = n % complaints.length;
    const key = `${run}-${n}`;
    ledger.sent(key, row);
    try {
      const { answers } = complaints[row] ?? { answers: {} };
      ledger.answered(key, await this.#client.submit(COMPLAINTS, answers, { idempotencyKey: key }));
    } catch (error) {
      // Its outcome stays unknown; the audit looks for it.
      if (!isPassing(error)) this.#failure ??= { error };
    }
  }
}
