import type { Receipt } from '#contracts/submission/submission.rpc';
import type { Answer } from '../client/client.ts';

/** What is known of one submission, by its Idempotency-Key. */
export interface Entry {
  readonly key: string;
  /** Of the complaint that was sent. */
  readonly row: number;
  /** What was promised, once it was. */
  readonly acknowledged: { readonly id: string; readonly position: string } | undefined;
}

/** Everything that was sent, and what the system promised to have stored. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  #acknowledged = 0;
  /** Keys that were answered with two different submissions or positions. */
  readonly contradicted: string[] = [];
  /** Acknowledged only when the request was repeated with its key. */
  repeated = 0;
  /** Of those, the ones whose first request had been done, though nobody was told. */
  replayed = 0;

  get entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  get size(): number {
    return this.#entries.size;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  sent(key: string, row: number): void {
    if (!this.#entries.has(key)) this.#entries.set(key, { key, row, acknowledged: undefined });
  }

  answered(key: string, { body, position, attempts, replayed }: Answer<Receipt>): void {
    const entry = this.#entries.get(key);
    if (!entry) throw new Error(`${key} was answered and never sent`);
    const { acknowledged } = entry;
    if (!acknowledged) {
      if (attempts > 1) this.repeated++;
      if (replayed) this.replayed++;
      this.#acknowledged++;
      this.#entries.set(key, { ...entry, acknowledged: { id: body.id, position } });
    } else if (acknowledged.id !== body.id || acknowledged.position !== position) this.contradicted.push(key);
  }
}
