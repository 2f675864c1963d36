import type { Logger } from 'pino';
import { taskSubject, type TaskDefinition } from '#contracts/task';
import { TASK_ENDS, type TaskState } from '#contracts/task/task.records';
import type { Bus } from '../bus.ts';
import type { RawMessage } from '../direct-get.ts';
import { Deferred, GivenUp, Permanent } from '../disposition.ts';
import { TASK_STREAMS } from '../streams.ts';
import { Subscription, type Delivery } from '../subscription.ts';
import { metrics } from '../metrics.ts';
import { pause } from '../pause.ts';
import { runBounded } from './attempt.ts';
import type { BatchLedger } from './batch.ts';
import type { HandledTask, TaskContext } from './context.ts';
import { Lanes, type Place } from './lanes.ts';
import { problemOf } from './problem.ts';
import type { TaskQueue } from './queue.ts';
import { RateLimit } from './rate.ts';
import { settle } from './settle.ts';
import { TaskOver, TrackedAttempt, type TaskTracking } from './tracking.ts';
import { parseTask, type Task } from './wire.ts';

export interface TaskWorkerOptions {
  readonly bus: Bus;
  readonly queue: TaskQueue;
  readonly tracking: TaskTracking;
  readonly batches: BatchLedger;
  readonly task: HandledTask;
  readonly logger: Logger;
  readonly ackWaitMs?: number;
}

/** After so long without a sign of life of its worker a task is given to another one. */
const TASK_ACK_WAIT_MS = 5_000;
/** Workers that may end while they have one task, before it is parked. */
const MAX_DEATHS = 9;
/** Deliveries after which a task that nobody answered for is suspected. */
const SUSPECT = 3;
/** Suspects come again within so long, each at a time of its own. */
const SPREAD_MS = 10_000;
/** A payload that does not fit may be of a newer Formbus, whose workers will be here in a moment. */
const MISFIT_BACKOFF_MS = [1_000, 10_000, 60_000];
/** Tasks of a keyed kind that are held at least: those that wait behind others of their key. */
const HELD = 256;
/** Followed tasks are looked at this often, for a request to cancel whose notice was missed. */
const LOOK_MS = 10_000;

type AnyTask = Task<{ workspace: string }>;

/** Does the tasks of one kind in this process: takes them, bounds them, and decides what becomes of those that fail. */
export class TaskWorker {
  readonly #options: TaskWorkerOptions;
  readonly #subscription: Subscription<AnyTask>;
  readonly #lanes: Lanes | undefined;
  readonly #rate: RateLimit | undefined;
  readonly #attempts = new Map<string, TrackedAttempt>();
  /** Aborts when nothing more is to be begun. */
  readonly #closing = new AbortController();
  #looking: NodeJS.Timeout | undefined;

  constructor(options: TaskWorkerOptions) {
    this.#options = options;
    const { definition } = options.task;
    const { kind, tier, concurrency, perKey = 1, rate } = definition;
    const isKeyed = definition.key !== undefined;
    this.#lanes = isKeyed ? new Lanes({ width: concurrency, perKey }) : undefined;
    this.#rate = rate && new RateLimit(rate);
    this.#subscription = new Subscription<AnyTask>({
      bus: options.bus,
      stream: TASK_STREAMS[tier],
      durable: kind,
      filters: [taskSubject(definition)],
      decode: (message) => parseTask(definition, message),
      handle: (task, delivery) => this.#take(task, delivery),
      parked: (message, error) => this.#parked(message, error),
      rewind: isOrdered(definition),
      ...(!isOrdered(definition) && { putBack: (message: RawMessage) => this.#putBack(message) }),
      concurrency: isKeyed ? Math.max(concurrency, HELD) : concurrency,
      ackWaitMs: options.ackWaitMs ?? TASK_ACK_WAIT_MS,
      // Every retry is a message of its own, so this is only for what is no task, or not yet.
      backoffMs: MISFIT_BACKOFF_MS,
      unanswered: MAX_DEATHS,
      maxAckPending: 10_000,
    });
  }

  async start(): Promise<void> {
    await this.#subscription.start();
    if (!this.#options.task.definition.tracked) return;
    this.#looking = setInterval(() => {
      for (const attempt of this.#attempts.values())
        attempt.look().catch((error: unknown) => {
          this.#options.logger.debug({ err: error }, 'a task could not be looked at');
        });
    }, LOOK_MS);
    this.#looking.unref();
  }

  /** Begins nothing more; what has begun is done, or given back at the deadline. */
  async stop(deadlineMs?: number): Promise<void> {
    this.#closing.abort(new Error('the worker stops'));
    await this.#subscription.drain(deadlineMs);
    clearInterval(this.#looking);
  }

  /** Aborts the task if it is being done here. */
  cancel(workspace: string, task: string): void {
    this.#attempts.get(`${workspace}.${task}`)?.cancelled();
  }

  async #take(task: AnyTask, delivery: Delivery): Promise<void> {
    const { definition } = this.#options.task;
    try {
      if (delivery.attempt >= SUSPECT && !isOrdered(definition))
        return await this.#settle(delivery, () => this.#setApart(task, delivery));
      const key = definition.key?.(task.payload);
      if (this.#lanes === undefined || key === undefined) return await this.#attempt(task, delivery);
      await this.#lanes.run(key, (place) => this.#attempt(task, delivery, place), this.#closing.signal);
    } catch (error) {
      // Not begun any more, or told to stop: somebody else gets it.
      throw error instanceof GivenUp ? error : new Deferred(new Date(), 'this worker stops');
    }
  }

  #putBack(message: RawMessage): Promise<void> {
    const { definition } = this.#options.task;
    return this.#options.queue.again(definition, parseTask(definition, message), new Date(), message.seq);
  }

  /**
   * A task that ends its worker takes along what else that worker had in hand, and they all come again together. So
   * those that nobody answered for are put back at times of their own: the innocent are done then, and the guilty one
   * is found.
   */
  async #setApart(task: AnyTask, { attempt: delivered, seq }: Delivery): Promise<void> {
    const deaths = (task.deaths ?? 0) + delivered - 1;
    if (deaths > MAX_DEATHS) throw new GivenUp(new Error(`${deaths} workers ended while they had this task`));
    const at = new Date(Date.now() + Math.random() * SPREAD_MS);
    await this.#options.queue.again(this.#options.task.definition, { ...task, deaths }, at, seq);
  }

  /**
   * Resolves when what became of the task is durable.
   *
   * @throws GivenUp when it is for the dead letters; anything else when it is to be given to somebody else
   */
  async #attempt(given: AnyTask, delivery: Delivery, place?: Place): Promise<void> {
    let task: AnyTask | undefined = given;
    try {
      while (task !== undefined) {
        await this.#rate?.take(this.#closing.signal);
        task = await this.#once(task, delivery, place);
      }
    } catch (error) {
      if (!(error instanceof TaskOver)) throw error;
      await this.#settle(delivery, () => this.#options.batches.ended(given, 'done'));
    } finally {
      this.#attempts.delete(nameOf(given));
    }
  }

  /** Gives the attempt that follows in its place, where order demands that. */
  async #once(given: AnyTask, delivery: Delivery, place?: Place): Promise<AnyTask | undefined> {
    const { task: handled, batches } = this.#options;
    const { definition } = handled;
    const settle = <T>(work: () => Promise<T>): Promise<T> => this.#settle(delivery, work);
    const tracked = definition.tracked ? await settle(() => this.#track(given)) : undefined;
    if (tracked !== undefined && 'over' in tracked) {
      await settle(() => batches.ended(given, tracked.over === 'failed' ? 'failed' : 'done'));
      return undefined;
    }
    const task = tracked === undefined ? given : this.#renumbered(given, tracked);
    if (tracked !== undefined) this.#attempts.set(nameOf(task), tracked);
    await settle(async () => tracked?.begin(task.attempt));
    const ran = await this.#run(task, delivery, tracked);
    if ('error' in ran) return await this.#failed(task, delivery, { tracked, place, error: ran.error });
    await settle(async () => tracked?.end('succeeded', { result: ran.result }));
    await settle(() => batches.ended(task, 'done'));
    metrics.tasks.inc({ kind: definition.kind, outcome: 'succeeded' });
    return undefined;
  }

  #settle<T>({ signal }: Delivery, work: () => Promise<T>): Promise<T> {
    const { task, logger } = this.#options;
    return settle(work, {
      signal,
      onTrouble: (error) => {
        const { kind } = task.definition;
        logger.warn({ err: error, kind }, 'what became of a task cannot be said yet');
      },
    });
  }

  /** Where tasks are tried again in their place, the number of the attempt stands in their state alone. */
  #renumbered(task: AnyTask, { snapshot }: TrackedAttempt): AnyTask {
    const { definition } = this.#options.task;
    if (!isOrdered(definition) || snapshot.attempt === 0 || task.attempt > snapshot.attempt) return task;
    const attempt = snapshot.attempt + 1;
    if (attempt > definition.backoffMs.length + 1)
      throw new GivenUp(new Error('the worker ended while it made the last attempt at this task'));
    return { ...task, attempt };
  }

  async #run(
    task: AnyTask,
    delivery: Delivery,
    tracked: TrackedAttempt | undefined,
  ): Promise<{ result: unknown } | { error: unknown }> {
    const { task: handled, logger } = this.#options;
    const { definition, run } = handled;
    const { id, attempt, actor, correlation } = task;
    let child: Logger | undefined;
    // Most tasks say nothing, so it is made for those that do.
    const about = (): Logger => (child ??= logger.child({ kind: definition.kind, task: id }));
    const contextWith = (signal: AbortSignal): TaskContext => ({
      id,
      attempt,
      last: attempt > definition.backoffMs.length,
      signal,
      actor,
      correlation,
      get logger() {
        return about();
      },
      resume: tracked?.snapshot.progress?.resume ?? null,
      progress: (progress) => tracked?.progress(progress),
    });
    const label = { kind: definition.kind };
    const stopTimer = metrics.taskSeconds.startTimer(label);
    metrics.tasksRunning.inc(label);
    try {
      const result = await runBounded((signal) => run(task.payload, contextWith(signal)), {
        timeoutMs: definition.timeoutMs,
        signals: tracked === undefined ? [delivery.signal] : [delivery.signal, tracked.signal],
        onStray: () =>
          about().error('a task goes on though it was told to stop; its attempt counts as failed'),
      });
      return { result: definition.result ? definition.result.parse(result) : null };
    } catch (error) {
      return { error };
    } finally {
      metrics.tasksRunning.dec(label);
      stopTimer();
    }
  }

  /** The task's state, or how it ended when there is nothing left to do. */
  async #track(task: AnyTask): Promise<TrackedAttempt | { readonly over: TaskState }> {
    const { tracking, task: handled } = this.#options;
    const at = await tracking.queued(handled.definition, task);
    if (TASK_ENDS.has(at.snapshot.state)) return { over: at.snapshot.state };
    const attempt = new TrackedAttempt(tracking, handled.definition, at);
    if (at.snapshot.cancelRequestedAt === null) return attempt;
    await attempt.end('cancelled');
    return { over: 'cancelled' };
  }

  /**
   * Sees to what follows from an attempt that failed: gives the next one where it is made in its place.
   *
   * @throws GivenUp when the task is for the dead letters
   */
  async #failed(task: AnyTask, delivery: Delivery, failed: FailedAttempt): Promise<AnyTask | undefined> {
    const { tracked, error } = failed;
    const { definition } = this.#options.task;
    const { kind, backoffMs } = definition;
    if (delivery.signal.aborted) {
      // Stopped, not failed: the next worker makes this attempt again.
      await tracked?.handBack();
      throw error;
    }
    if (tracked?.signal.aborted === true) return await this.#cancelled(task, delivery, tracked);
    if (error instanceof Deferred) {
      metrics.tasks.inc({ kind, outcome: 'deferred' });
      const next = error.forgives ? { ...task, attempt: 1 } : task;
      return await this.#again(next, delivery, error.at, { ...failed, error: undefined });
    }
    const pauseMs = error instanceof Permanent ? undefined : backoffMs[task.attempt - 1];
    if (pauseMs === undefined) throw new GivenUp(error);
    const { id, attempt } = task;
    this.#options.logger.warn(
      { err: error, kind, task: id, attempt },
      'a task failed and will be tried again',
    );
    metrics.tasks.inc({ kind, outcome: 'retried' });
    const at = new Date(Date.now() + pauseMs);
    return await this.#again({ ...task, attempt: attempt + 1 }, delivery, at, failed);
  }

  async #cancelled(task: AnyTask, delivery: Delivery, tracked: TrackedAttempt): Promise<undefined> {
    await this.#settle(delivery, () => tracked.end('cancelled'));
    await this.#settle(delivery, () => this.#options.batches.ended(task, 'done'));
    metrics.tasks.inc({ kind: this.#options.task.definition.kind, outcome: 'cancelled' });
  }

  /**
   * Waits for its next attempt as a schedule, which survives everything and holds no place among those in hand. Where
   * tasks of a key are in order it is held instead, or the next one of its key would overtake it; others may begin
   * meanwhile.
   */
  async #again(
    task: AnyTask,
    delivery: Delivery,
    at: Date,
    { tracked, place, error }: FailedAttempt,
  ): Promise<AnyTask | undefined> {
    const { definition } = this.#options.task;
    await this.#settle(delivery, async () =>
      error === undefined ? tracked?.deferred(task.attempt) : tracked?.again(problemOf(error)),
    );
    if (!isOrdered(definition) || place === undefined) {
      await this.#settle(delivery, () => this.#options.queue.again(definition, task, at, delivery.seq));
      return undefined;
    }
    const awake = AbortSignal.any([this.#closing.signal, ...(tracked ? [tracked.signal] : [])]);
    const pauseMs = Math.max(0, at.getTime() - Date.now());
    await place.rest(async () => {
      await pause(pauseMs, awake); // why it ended is asked below
    });
    this.#closing.signal.throwIfAborted();
    if (tracked?.signal.aborted === true) return await this.#cancelled(task, delivery, tracked);
    return task;
  }

  /** The dead letter is stored: whoever follows the task is told. */
  async #parked(message: RawMessage, error: unknown): Promise<void> {
    const { tracking, batches, task: handled } = this.#options;
    const { definition } = handled;
    metrics.tasks.inc({ kind: definition.kind, outcome: 'parked' });
    let task: AnyTask;
    try {
      task = parseTask(definition, message);
    } catch {
      this.#options.logger.error(
        { kind: definition.kind, seq: message.seq },
        'a task was not one, and has no state',
      );
      return;
    }
    if (definition.tracked) {
      const at = await tracking.queued(definition, task);
      if (!TASK_ENDS.has(at.snapshot.state)) {
        await new TrackedAttempt(tracking, definition, at).end('failed', { problem: problemOf(error) });
      }
    }
    await batches.ended(task, 'failed');
  }
}

interface FailedAttempt {
  readonly tracked: TrackedAttempt | undefined;
  readonly place: Place | undefined;
  readonly error: unknown;
}

const nameOf = ({ id, payload }: AnyTask): string => `${payload.workspace}.${id}`;

/** Whether tasks of a key come one after another, which a task that waits for its next attempt must not break. */
export const isOrdered = (definition: TaskDefinition): boolean =>
  definition.key !== undefined && (definition.perKey ?? 1) === 1;
