import { randomUUID } from 'node:crypto';
import { newEvent } from '#contracts/event';
import { submissionSubmittedV2, type Answers } from '#contracts/submission/submission.events';
import { subjects } from '#contracts/subjects';
import { append, type WireMessage } from '#eventing/append';
import type { DataKey } from '#eventing/data-key';
import type { BenchLog } from './bench-log.ts';

export const WORKSPACE = 'default';
export const FORM = 'consumer-complaint';

/** A submission that was written into the log. */
export interface Aggregate {
  readonly subject: string;
  readonly id: string;
}

/** Messages in one atomic batch, and batches under way: where nats-server takes most. */
const BATCH = 500;
const IN_FLIGHT = 4;
const TIMEOUT_MS = 60_000;
const PROGRESS_EVERY = 100_000;

export interface FillOptions {
  /** Whose event comes next, as {@link spread} gives it. */
  readonly plan: Uint32Array;
  readonly answers: readonly Readonly<Record<string, unknown>>[];
  readonly signal: AbortSignal;
  readonly onProgress: (events: number) => void;
}

/**
 * Writes submissions as the forms service would: sealed, each with its data key beside its first event. An aggregate
 * of several events has the only one that there is for submissions several times, with rising versions.
 */
export async function fillLog(
  bench: BenchLog,
  { plan, answers, signal, onProgress }: FillOptions,
): Promise<Aggregate[]> {
  const { codec, keyring } = bench.open();
  await keyring.open(WORKSPACE);
  const aggregates: (Aggregate & { key: DataKey; version: number })[] = [];
  const writer = new BatchWriter(bench);
  for (const [at, number] of plan.entries()) {
    let aggregate = aggregates[number];
    if (!aggregate) {
      const id = randomUUID();
      const { key, subject, payload } = keyring.create(WORKSPACE, id);
      writer.add({ subject, headers: '', payload });
      aggregates[number] = aggregate = {
        id,
        subject: subjects.submission(WORKSPACE, FORM, id),
        key,
        version: 0,
      };
    }
    aggregate.version += 1;
    const event = newEvent(submissionSubmittedV2, {
      form: FORM,
      formVersion: 1,
      answers: answers[at % answers.length] as Answers,
      dropped: [],
      requestMac: aggregate.key.mac(String(at)),
      locale: null,
    });
    const { subject, version, key } = aggregate;
    const time = new Date(Date.UTC(2026, 0, 1) + at * 100).toISOString();
    const stamp = {
      id: `${randomUUID()}.1`,
      subject,
      version,
      time,
      actor: 'key:bench',
      correlation: `fill-${at}`,
    };
    writer.add({ subject, ...codec.encode(event, stamp, key) });
    if (writer.isFull) {
      await writer.send();
      signal.throwIfAborted();
    }
    if ((at + 1) % PROGRESS_EVERY === 0) onProgress(at + 1);
  }
  await writer.flush();
  return aggregates.map(({ id, subject }) => ({ id, subject }));
}

class BatchWriter {
  readonly #bench: BenchLog;
  readonly #flying = new Set<Promise<void>>();
  #batch: WireMessage[] = [];

  constructor(bench: BenchLog) {
    this.#bench = bench;
  }

  get isFull(): boolean {
    return this.#batch.length >= BATCH;
  }

  add(message: WireMessage): void {
    this.#batch.push(message);
  }

  /** Resolves when there is room for another batch, which need not be when this one is stored. */
  async send(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    const flight = this.#append(batch).finally(() => this.#flying.delete(flight));
    this.#flying.add(flight);
    if (this.#flying.size >= IN_FLIGHT) await Promise.race(this.#flying);
  }

  async flush(): Promise<void> {
    if (this.#batch.length > 0) await this.send();
    await Promise.all(this.#flying);
  }

  async #append(batch: readonly WireMessage[]): Promise<void> {
    const result = await append(this.#bench.bus, batch, TIMEOUT_MS);
    if (result.outcome !== 'stored')
      throw new Error(`the log could not be filled: ${result.outcome}`, { cause: result.cause });
  }
}
