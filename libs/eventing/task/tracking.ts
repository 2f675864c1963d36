import type { Logger } from 'pino';
import { v7 as uuid } from 'uuid';
import { Problem } from '#contracts/errors';
import { eventType } from '#contracts/event';
import { isToken, subjects } from '#contracts/subjects';
import type { TaskDefinition } from '#contracts/task';
import {
  TASK_ENDS,
  taskChangedV1,
  TaskProgress,
  type TaskSnapshot,
  type TaskState,
} from '#contracts/task/task.records';
import type { Bus } from '../bus.ts';
import type { Codec } from '../codec.ts';
import { leaderGet } from '../direct-get.ts';
import { isStale, landed, store } from '../jetstream-api.ts';
import { TASK_EVENTS_STREAM } from '../streams.ts';
import type { StoredEvent } from '../stored-event.ts';
import type { Task } from './wire.ts';

const DAY_MS = 24 * 3600 * 1000;
/** For so long an end can be read unless its kind says otherwise. */
const RESULT_TTL_MS = 7 * DAY_MS;
/** What the stream keeps. */
const MONTH_MS = 30 * DAY_MS;

/** When the stream forgets a state that was written at that time, and no end has set another one. */
export const forgottenAt = (ms: number): string => new Date(ms + MONTH_MS).toISOString();

/** What is said of a task's time when it ends now. */
function ending(ttlMs: number): Pick<TaskSnapshot, 'endedAt' | 'expiresAt'> {
  const now = Date.now();
  return { endedAt: new Date(now).toISOString(), expiresAt: new Date(now + ttlMs).toISOString() };
}

const OVER: Partial<Record<TaskState, string>> = {
  succeeded: 'has succeeded',
  failed: 'has failed',
  cancelled: 'was cancelled',
};

/** The state of one tracked task, and where it lies. */
export interface TrackedTask {
  readonly snapshot: TaskSnapshot;
  readonly workspace: string;
  /** The sequence of its record in TASK_EVENTS; 0 before the first. */
  readonly seq: number;
  readonly version: number;
  readonly actor: string;
  readonly correlation: string;
}

/** Thrown when somebody else has ended the task meanwhile: what this worker does no longer counts. */
export class TaskOver extends Error {
  override readonly name = 'TaskOver';
}

/**
 * The states of tracked tasks: whole snapshots, each on its task's own subject and only over the one that its writer
 * knew. So a worker that was suspended can't bring back a task that ended, and a request to cancel is not lost.
 */
export class TaskTracking {
  readonly #bus: Bus;
  readonly #codec: Codec;

  /** @param codec - of the records of TASK_EVENTS */
  constructor(bus: Bus, codec: Codec) {
    this.#bus = bus;
    this.#codec = codec;
  }

  get logger(): Logger {
    return this.#bus.logger;
  }

  /** By the stream's leader, so never older than an answer that was given; undefined when unknown or expired. */
  async read(workspace: string, task: string): Promise<TrackedTask | undefined> {
    const message = await leaderGet(this.#bus, TASK_EVENTS_STREAM, {
      last_by_subj: subjects.task(workspace, task),
    });
    if (message === undefined) return undefined;
    const event = await this.#codec.decode(message);
    if (!event.known)
      throw new Problem('service_unavailable', `the state of task ${task} was written by a newer Formbus`);
    const { seq, version, actor, correlation } = event;
    return {
      snapshot: (event as StoredEvent<string, TaskSnapshot>).data,
      workspace,
      seq,
      version,
      actor,
      correlation,
    };
  }

  /** Records that a task waits; the state that is there already stays when it has one. */
  async queued(definition: TaskDefinition, task: Task<{ workspace: string }>): Promise<TrackedTask> {
    const { workspace } = task.payload;
    const first: TrackedTask = {
      snapshot: newSnapshot(definition, task),
      workspace,
      seq: 0,
      version: 0,
      actor: task.actor,
      correlation: task.correlation,
    };
    return (
      (await this.write(first, {})) ?? (await this.read(workspace, task.id)) ?? this.queued(definition, task)
    );
  }

  /** Has a task that failed wait again, so that a worker takes it; of no effect where there is no such state. */
  async reopen(workspace: string, task: string): Promise<void> {
    if (!isToken(task)) return; // never tracked
    for (;;) {
      const found = await this.read(workspace, task);
      if (found?.snapshot.state !== 'failed') return;
      const expiresAt = forgottenAt(Date.now());
      const open = {
        state: 'queued',
        attempt: 0,
        problem: null,
        endedAt: null,
        cancelRequestedAt: null,
        expiresAt,
      } as const;
      if ((await this.write(found, open)) !== undefined) return;
    }
  }

  /** Stores the task's next state; undefined when somebody else has stored another one since it was read, or is about to. */
  async write(
    before: TrackedTask,
    change: Partial<TaskSnapshot>,
    { ttlMs }: { ttlMs?: number } = {},
  ): Promise<TrackedTask | undefined> {
    const snapshot = { ...before.snapshot, ...change };
    const { workspace, actor, correlation } = before;
    const version = before.version + 1;
    const subject = subjects.task(workspace, snapshot.task);
    const event = this.#codec.check({ type: eventType(taskChangedV1), data: snapshot });
    const stamp = {
      id: uuid(),
      subject,
      version,
      time: new Date().toISOString(),
      actor,
      correlation,
    };
    const { headers, payload } = this.#codec.encode(event, stamp, undefined);
    const expected = `Nats-Expected-Last-Subject-Sequence: ${before.seq}\r\n`;
    const ttl = ttlMs === undefined ? '' : `Nats-TTL: ${Math.max(1, Math.ceil(ttlMs / 1000))}s\r\n`;
    try {
      const { seq } = await store(this.#bus, subject, { headers: headers + expected + ttl, payload });
      return { ...before, snapshot, seq, version };
    } catch (error) {
      if (!isStale(error)) throw error;
      // Its writer looks again, and would not see it before.
      await landed(error);
      return undefined;
    }
  }

  /**
   * Asks for a task to be cancelled: one that waits ends when a worker meets it, one that runs is told to abort. Asking
   * again changes nothing.
   *
   * @throws Problem `task_not_found`, `task_over`
   */
  async cancel(workspace: string, task: string, now: string): Promise<TrackedTask> {
    for (;;) {
      const found = await this.read(workspace, task);
      if (found === undefined) throw new Problem('task_not_found');
      if (TASK_ENDS.has(found.snapshot.state))
        throw new Problem('task_over', `The task ${OVER[found.snapshot.state] ?? 'is over'} already`);
      const asked =
        found.snapshot.cancelRequestedAt === null
          ? await this.write(found, { cancelRequestedAt: now })
          : found;
      if (asked === undefined) continue;
      this.#bus.notify(cancelNotice(workspace, task), {});
      return asked;
    }
  }

  /** Calls the handler with every request to cancel, `<workspace>.<task>`; the result ends that. */
  onCancel(handler: (workspace: string, task: string) => void): () => void {
    return this.#bus.onNotice(cancelNotice('*', '*'), (_value, subject) => {
      const [, , , workspace = '', task = ''] = subject.split('.');
      handler(workspace, task);
    });
  }
}

const cancelNotice = (workspace: string, task: string): string => `formbus.task.cancel.${workspace}.${task}`;

function newSnapshot(definition: TaskDefinition, task: Task<Record<string, unknown>>): TaskSnapshot {
  const queued = Date.parse(task.queuedAt);
  return {
    task: task.id,
    kind: definition.kind,
    tier: definition.tier,
    state: 'queued',
    attempt: 0,
    attempts: definition.backoffMs.length + 1,
    progress: null,
    about: task.payload,
    result: null,
    problem: null,
    queuedAt: task.queuedAt,
    startedAt: null,
    endedAt: null,
    // While it goes on, the stream's own limit holds; its end sets the true one.
    expiresAt: forgottenAt(queued),
    cancelRequestedAt: null,
  };
}

/** One attempt at a tracked task, in the hands of a worker. */
export class TrackedAttempt {
  readonly #tracking: TaskTracking;
  readonly #definition: TaskDefinition;
  readonly #cancel = new AbortController();
  #at: TrackedTask;
  #writing: Promise<void> = Promise.resolve();
  #progress: TaskProgress | undefined;
  #ended = false;

  constructor(tracking: TaskTracking, definition: TaskDefinition, at: TrackedTask) {
    this.#tracking = tracking;
    this.#definition = definition;
    this.#at = at;
    if (at.snapshot.cancelRequestedAt !== null) this.#cancel.abort();
  }

  get snapshot(): TaskSnapshot {
    return this.#at.snapshot;
  }

  /** Aborts when a caller asks for the task to be cancelled, or somebody else has ended it. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  cancelled(): void {
    this.#cancel.abort();
  }

  /** Looks whether somebody has asked for an end: the notice of it may have been missed. */
  async look(): Promise<void> {
    const { workspace, snapshot } = this.#at;
    const found = await this.#tracking.read(workspace, snapshot.task);
    if (found?.snapshot.cancelRequestedAt !== null) this.#cancel.abort();
  }

  /**
   * Records the progress, the newest only: what comes while one is being written replaces what waits.
   *
   * @throws ZodError when it is longer than a record takes
   */
  progress(progress: Partial<TaskProgress>): void {
    const before = this.#progress ?? this.#at.snapshot.progress;
    this.#progress = TaskProgress.parse({
      ...{ done: 0, total: null, note: null, resume: null },
      ...before,
      ...progress,
    });
    if (this.#ended) return;
    this.#writing = this.#writing.then(async () => {
      const newest = this.#progress;
      if (newest === undefined || newest === this.#at.snapshot.progress || this.#ended) return;
      await this.#write({ progress: newest }).catch((error: unknown) => {
        // The next one is written, or the end is; a task that is over has aborted this attempt.
        this.#tracking.logger.warn({ err: error, task: this.snapshot.task }, 'progress was not recorded');
      });
    });
  }

  begin(attempt: number): Promise<void> {
    const startedAt = this.#at.snapshot.startedAt ?? new Date().toISOString();
    return this.#write({ state: 'running', attempt, startedAt });
  }

  /** The attempt does not count: it was stopped with its worker. As far as that can be said now. */
  async handBack(): Promise<void> {
    await this.deferred(this.snapshot.attempt).catch((error: unknown) => {
      this.#tracking.logger.warn({ err: error, task: this.snapshot.task }, 'a stopped attempt counts');
    });
  }

  /** Waits for the attempt of that number, which is the first or comes again: nothing failed. */
  async deferred(attempt: number): Promise<void> {
    await this.#settle();
    const made = Math.max(0, attempt - 1);
    await this.#write({ state: 'queued', attempt: made, problem: null, ...this.#lastProgress() });
  }

  /** Waits for its next attempt. */
  async again(problem: TaskSnapshot['problem']): Promise<void> {
    await this.#settle();
    await this.#write({ state: 'retrying', problem, ...this.#lastProgress() });
  }

  async end(
    state: 'succeeded' | 'failed' | 'cancelled',
    { result = null, problem = null }: Partial<Pick<TaskSnapshot, 'result' | 'problem'>> = {},
  ): Promise<void> {
    await this.#settle();
    const ttlMs = this.#definition.resultTtlMs ?? RESULT_TTL_MS;
    await this.#write({ state, result, problem, ...ending(ttlMs), ...this.#lastProgress() }, { ttlMs });
  }

  #lastProgress(): Partial<TaskSnapshot> {
    return this.#progress === undefined ? {} : { progress: this.#progress };
  }

  async #settle(): Promise<void> {
    this.#ended = true;
    await this.#writing;
  }

  /** @throws TaskOver when the task has ended elsewhere */
  async #write(change: Partial<TaskSnapshot>, options: { ttlMs?: number } = {}): Promise<void> {
    for (;;) {
      const written = await this.#tracking.write(this.#at, change, options);
      if (written !== undefined) {
        this.#at = written;
        return;
      }
      const { workspace, snapshot } = this.#at;
      const found = await this.#tracking.read(workspace, snapshot.task);
      if (found === undefined || TASK_ENDS.has(found.snapshot.state)) {
        this.#cancel.abort();
        throw new TaskOver(`task ${snapshot.task} has ended elsewhere`);
      }
      if (found.snapshot.cancelRequestedAt !== null) this.#cancel.abort();
      this.#at = found;
    }
  }
}
