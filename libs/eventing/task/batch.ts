import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { v7 as uuid } from 'uuid';
import { newEvent } from '#contracts/event';
import { isToken, subjects } from '#contracts/subjects';
import { batchMemberEndedV1, TASK_ENDS, type BatchResult } from '#contracts/task/task.records';
import { BatchPublisher } from '../batch-publisher.ts';
import type { Bus } from '../bus.ts';
import type { Codec } from '../codec.ts';
import { directGet, directPages } from '../direct-get.ts';
import { TASK_EVENTS_STREAM } from '../streams.ts';
import type { StoredEvent } from '../stored-event.ts';
import { ending, forgottenAt, RESULT_TTL_MS, type TaskTracking, type TrackedTask } from './tracking.ts';
import type { Task, TaskEnvelope } from './wire.ts';

const PAGE = 1000;
/** A batch tells how far it is this often. */
const PROGRESS_MS = 1_000;

/** A batch as a task that callers can follow; nobody works on it, it ends when its tasks have. */
const BATCH_KIND = 'batch';

/**
 * Batches: tasks whose common end is told by one record. Each task that ends leaves a record of its own, and whoever
 * leaves the last one ends the batch, once. A task is acknowledged only after that, so that no end is lost with a
 * worker that dies.
 */
export class BatchLedger {
  readonly #bus: Bus;
  readonly #codec: Codec;
  readonly #tracking: TaskTracking;
  readonly #records: BatchPublisher;
  readonly #checks = new Map<string, { running: Promise<void>; next: Promise<void> | undefined }>();
  readonly #toldAt = new LRUCache<string, number>({ max: 1000 });

  constructor({ bus, codec, tracking }: { bus: Bus; codec: Codec; tracking: TaskTracking }) {
    this.#bus = bus;
    this.#codec = codec;
    this.#tracking = tracking;
    this.#records = new BatchPublisher({ bus, stream: TASK_EVENTS_STREAM });
  }

  /**
   * Opens a batch of so many tasks, before the first of them is enqueued with its name. Opening it again changes
   * nothing.
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
    if (total === 0) await this.#check(workspace, batch);
  }

  /** Records that a task of a batch has ended, and resolves when the batch has too if it was the last one. */
  async ended(task: Task<{ workspace: string }>, outcome: 'done' | 'failed'): Promise<void> {
    const { batch, id, kind, payload } = task;
    if (batch === undefined) return;
    const { workspace } = payload;
    const subject = subjects.batchMember(workspace, batch, memberToken(id));
    const event = this.#codec.check(newEvent(batchMemberEndedV1, { batch, task: id, kind, outcome }));
    const { headers, payload: bytes } = this.#codec.encode(event, stampOf(subject, task), undefined);
    await this.#records.publish({ subject, headers, payload: bytes });
    await this.#checkShared(workspace, batch);
  }

  /** Callers share the next check; one that runs already may have counted before the caller's record was there. */
  #checkShared(workspace: string, batch: string): Promise<void> {
    const name = `${workspace}.${batch}`;
    const known = this.#checks.get(name);
    if (known !== undefined) {
      known.next ??= known.running.catch(() => undefined).then(() => this.#begin(name, workspace, batch));
      return known.next;
    }
    return this.#begin(name, workspace, batch);
  }

  #begin(name: string, workspace: string, batch: string): Promise<void> {
    const running = this.#check(workspace, batch).finally(() => {
      const entry = this.#checks.get(name);
      if (entry?.running === running && entry.next === undefined) this.#checks.delete(name);
    });
    this.#checks.set(name, { running, next: undefined });
    return running;
  }

  async #check(workspace: string, batch: string): Promise<void> {
    const at = await this.#tracking.read(workspace, batch);
    // Expired, or never opened: then nobody waits for its end.
    if (at === undefined || TASK_ENDS.has(at.snapshot.state)) return;
    const total = at.snapshot.progress?.total ?? 0;
    const done = await this.#count(workspace, batch);
    if (done < total) return this.#tell(at, done, total);
    const ended = await this.#end(at, {
      total,
      failed: await this.#countFailed(workspace, batch),
    });
    // Another process has told its progress, or ended it.
    if (ended === undefined) return this.#check(workspace, batch);
    this.#toldAt.delete(batch);
  }

  #end(at: TrackedTask, result: BatchResult): Promise<TrackedTask | undefined> {
    const { total } = result;
    const progress = { done: total, total, note: null, resume: null };
    const end = { state: 'succeeded', progress, result, ...ending(RESULT_TTL_MS) } as const;
    return this.#tracking.write(at, end, { ttlMs: RESULT_TTL_MS });
  }

  async #tell(at: TrackedTask, done: number, total: number): Promise<void> {
    const batch = at.snapshot.task;
    const now = performance.now();
    if (now - (this.#toldAt.get(batch) ?? -Infinity) < PROGRESS_MS) return;
    this.#toldAt.set(batch, now);
    // Another process may have told already: the newest count comes with the next one.
    await this.#tracking.write(at, { progress: { done, total, note: null, resume: null } });
  }

  /** Each member has one message, so what lies under the batch's name is what has ended. */
  async #count(workspace: string, batch: string): Promise<number> {
    const subject = memberFilter(workspace, batch);
    const { messages, pending } = await directGet(this.#bus, TASK_EVENTS_STREAM, {
      seq: 1,
      subject,
      batch: 1,
    });
    return messages.length + pending;
  }

  async #countFailed(workspace: string, batch: string): Promise<number> {
    const subject = memberFilter(workspace, batch);
    let failed = 0;
    for await (const messages of directPages(this.#bus, TASK_EVENTS_STREAM, {
      seq: 1,
      subject,
      batch: PAGE,
    })) {
      for (const message of messages) {
        const event = (await this.#codec.decode(message)) as StoredEvent<string, { outcome: string }>;
        if (event.data.outcome === 'failed') failed++;
      }
    }
    return failed;
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
