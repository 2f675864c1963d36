import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { v7 as uuid } from 'uuid';
import { newEvent } from '#contracts/event';
import { isToken, subjects } from '#contracts/subjects';
import { batchMemberEndedV1, TASK_ENDS, type BatchResult } from '#contracts/task/task.records';
import { BatchPublisher } from '../batch-publisher.ts';
import type { Bus } from '../bus.ts';
import type { Codec } from '../codec.ts';
import type { RawMessage } from '../direct-get.ts';
import { TASK_EVENTS_STREAM } from '../streams.ts';
import type { StoredEvent } from '../stored-event.ts';
import { forgottenAt, type TaskTracking, type TrackedTask } from './tracking.ts';
import { Tally } from './tally.ts';
import { Vouchers } from './vouchers.ts';
import type { Task, TaskEnvelope } from './wire.ts';

/** A batch tells how far it is this often, at most. */
const PROGRESS_MS = 1_000;

/** A batch as a task that callers can follow; nobody works on it, it ends when its tasks have. */
const BATCH_KIND = 'batch';

/** After so long without anything of a batch, it is counted from its beginning again. */
const KNOWN_MS = 3_600_000;

/** What this process knows of a batch. */
interface Known {
  readonly tally: Tally;
  readonly vouchers: Vouchers;
  /** Tasks that belong to it; 0 until its state was read. */
  total: number;
  /** When its state was looked at last, by the monotonic clock. */
  toldAt: number;
}

/**
 * Batches: tasks whose common end is told by one record. Each task that ends leaves a record of its own, and whoever
 * leaves the last one ends the batch, once. A task is acknowledged only after that, or after another one of its process
 * stands in for it ({@link Vouchers}), so that no end is lost with a worker that dies.
 */
export class BatchLedger {
  readonly #bus: Bus;
  readonly #codec: Codec;
  readonly #tracking: TaskTracking;
  readonly #records: BatchPublisher;
  readonly #known = new LRUCache<string, Known>({ max: 1000, ttl: KNOWN_MS, updateAgeOnGet: true });

  constructor({ bus, codec, tracking }: { bus: Bus; codec: Codec; tracking: TaskTracking }) {
    this.#bus = bus;
    this.#codec = codec;
    this.#tracking = tracking;
    this.#records = new BatchPublisher({ bus, stream: TASK_EVENTS_STREAM });
  }

  /**
   * Opens a batch of so many tasks, before the first of them is enqueued with its name. Opening it again changes
   * nothing, until 30 days after its end.
   *
   * @param batch - one token, not the id of a task
   */
  async open(
    batch: string,
    { workspace, total, about = {} }: { workspace: string; total: number; about?: Record<string, unknown> },
  ): Promise<void> {
    const now = new Date().toISOString();
    const opened: TrackedTask = {
      workspace,
      seq: 0,
      version: 0,
      actor: 'formbus',
      correlation: batch,
      snapshot: {
        task: batch,
        kind: BATCH_KIND,
        tier: 'default',
        state: 'running',
        attempt: 1,
        attempts: 1,
        progress: { done: 0, total, note: null, resume: null },
        about,
        result: null,
        problem: null,
        queuedAt: now,
        startedAt: now,
        endedAt: null,
        expiresAt: forgottenAt(Date.now()),
        cancelRequestedAt: null,
      },
    };
    await this.#tracking.write(opened, {});
    if (total === 0) await this.#knownOf(workspace, batch).vouchers.wait(0);
  }

  /**
   * Records that a task of a batch has ended: how it did first is what counts. Resolves when nothing is lost should this
   * process die, and the batch has ended if it was the last one.
   */
  async ended(task: Task<{ workspace: string }>, outcome: 'done' | 'failed'): Promise<void> {
    const { batch, id, kind, payload } = task;
    if (batch === undefined) return;
    const { workspace } = payload;
    const subject = subjects.batchMember(workspace, batch, memberToken(id));
    const event = this.#codec.check(newEvent(batchMemberEndedV1, { batch, task: id, kind, outcome }));
    const { headers, payload: bytes } = this.#codec.encode(event, stampOf(subject, task), undefined);
    const { seq } = await this.#records.publish({ subject, headers, payload: bytes, expect: 0 });
    await this.#knownOf(workspace, batch).vouchers.wait(seq);
  }

  #knownOf(workspace: string, batch: string): Known {
    const name = `${workspace}.${batch}`;
    const found = this.#known.get(name);
    if (found !== undefined) return found;
    const known: Known = {
      tally: new Tally({
        bus: this.#bus,
        stream: TASK_EVENTS_STREAM,
        filter: memberFilter(workspace, batch),
        isMarked: (message) => this.#hasFailed(message),
      }),
      vouchers: new Vouchers((seq) => this.#look(known, { workspace, batch, seq })),
      total: 0,
      toldAt: -Infinity,
    };
    this.#known.set(name, known);
    return known;
  }

  /** Counts, and ends the batch when all of its tasks have; tells how far it is from time to time. */
  async #look(
    known: Known,
    { workspace, batch, seq }: { workspace: string; batch: string; seq: number },
  ): Promise<number> {
    const { all: done, marked: failed } = await known.tally.countTo(seq);
    const now = performance.now();
    const isDue = done >= known.total || now - known.toldAt >= PROGRESS_MS;
    for (let settled = !isDue; !settled;) {
      known.toldAt = now;
      const at = await this.#tracking.read(workspace, batch);
      // Expired, or never opened: then nobody waits for its end.
      if (at === undefined || TASK_ENDS.has(at.snapshot.state)) break;
      const total = (known.total = at.snapshot.progress?.total ?? 0);
      if (done >= total) {
        // Otherwise another process has told its progress, or ended it.
        settled = (await this.#end(at, { total, failed })) !== undefined;
      } else {
        // Another process may have told already: the newest count comes with the next one.
        await this.#tracking.write(at, { progress: { done, total, note: null, resume: null } });
        settled = true;
      }
    }
    return Math.max(seq, known.tally.upTo);
  }

  /**
   * For as long as the stream keeps anything, since the records of its tasks go before it does then: a batch of the same
   * name that is opened later does not count them.
   */
  #end(at: TrackedTask, result: BatchResult): Promise<TrackedTask | undefined> {
    const { total } = result;
    const progress = { done: total, total, note: null, resume: null };
    const now = Date.now();
    return this.#tracking.write(at, {
      ...{ state: 'succeeded', progress, result },
      ...{ endedAt: new Date(now).toISOString(), expiresAt: forgottenAt(now) },
    });
  }

  async #hasFailed(message: RawMessage): Promise<boolean> {
    const event = (await this.#codec.decode(message)) as StoredEvent<string, { outcome: string }>;
    return event.data.outcome === 'failed';
  }
}

const memberFilter = (workspace: string, batch: string): string => `tev.${workspace}.${batch}.*`;

/** Ids of tasks are free text; the token of one that is none is its hash. */
const memberToken = (id: string): string =>
  isToken(id) ? id : createHash('sha256').update(id).digest('hex').slice(0, 40);

function stampOf(subject: string, { id, actor, correlation }: TaskEnvelope) {
  return {
    id: uuid(),
    subject,
    version: 1,
    time: new Date().toISOString(),
    actor,
    correlation,
    causation: id,
  };
}
