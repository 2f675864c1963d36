import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ERRORS, Problem } from '#contracts/errors';
import { taskSubject, type TaskDefinition } from '#contracts/task';
import { TASK_ENDS, type TaskProblem, type TaskProgress } from '#contracts/task/task.records';
import type { Bus } from '../bus.ts';
import type { RawMessage } from '../direct-get.ts';
import { Deferred, GivenUp, Permanent } from '../disposition.ts';
import { TASK_STREAMS } from '../streams.ts';
import { Subscription, type Delivery } from '../subscription.ts';
import { metrics } from '../metrics.ts';
import { runBounded } from './attempt.ts';
import type { BatchLedger } from './batch.ts';
import type { HandledTask } from './context.ts';
import { Lanes } from './lanes.ts';
import type { TaskQueue } from './queue.ts';
import { RateLimit } from './rate.ts';
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
export const TASK_ACK_WAIT_MS = 5_000;
/** Workers that may end while they have one task, before it is parked. */
const MAX_DEATHS = 5;
/** Where order keeps suspects together, so that innocents die with the guilty one. */
const MAX_DEATHS_IN_ORDER = 20;
/** Deliveries after which a task that nobody answered for is suspected. */
const SUSPECT = 3;
/** Suspects come again within so long, each at a time of its own. */
const SPREAD_MS = 10_000;
/** How soon a task comes again of which could not be said what became of it. */
const UNSETTLED_MS = 1_000;
/** Tasks of a keyed kind that are held for each that runs: those that wait behind others of their key. */
const HELD_PER_LANE = 8;

type AnyTask = Task<{ workspace: string }>;

/** Does the tasks of one kind in this process: takes them, bounds them, and decides what becomes of those that fail. */
export class TaskWorker {
  readonly #options: TaskWorkerOptions;
  readonly #subscription: Subscription<AnyTask>;
  readonly #lanes: Lanes | undefined;
  readonly #rate: RateLimit | undefined;
  readonly #attempts = new Map<string, TrackedAttempt>();

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
      ...(!isOrdered(definition) && { putBack: (message: RawMessage) => this.#putBack(message) }),
      concurrency: isKeyed ? concurrency * HELD_PER_LANE : concurrency,
      ackWaitMs: options.ackWaitMs ?? TASK_ACK_WAIT_MS,
      // Every retry is a message of its own: what this one throws is the last word.
      backoffMs: [],
      unanswered: isOrdered(definition) ? MAX_DEATHS_IN_ORDER : MAX_DEATHS,
      maxAckPending: 10_000,
    });
  }

  start(): Promise<void> {
    return this.#subscription.start();
  }

  /** Takes no more tasks; those in hand are done, or given back at the deadline. */
  stop(deadlineMs?: number): Promise<void> {
    return this.#subscription.drain(deadlineMs);
  }

  /** Aborts the task if it is being done here. */
  cancel(workspace: string, task: string): void {
    this.#attempts.get(`${workspace}.${task}`)?.cancelled();
  }

  async #take(task: AnyTask, delivery: Delivery): Promise<void> {
    const key = this.#options.task.definition.key?.(task.payload);
    const take = async (): Promise<void> => {
      await this.#rate?.take(delivery.signal);
      await this.#attempt(task, delivery);
    };
    try {
      if (delivery.attempt >= SUSPECT && !isOrdered(this.#options.task.definition))
        return await this.#setApart(task, delivery.attempt - 1);
      await (this.#lanes === undefined || key === undefined ? take() : this.#lanes.run(key, take));
    } catch (error) {
      if (error instanceof GivenUp) throw error;
      // Not the task failed, but to say what became of it: it comes again when that can be said.
      const { kind } = this.#options.task.definition;
      this.#options.logger.warn({ err: error, kind, task: task.id }, 'a task cannot be taken care of');
      throw new Deferred(new Date(Date.now() + UNSETTLED_MS));
    }
  }

  #putBack(message: RawMessage): Promise<void> {
    const { definition } = this.#options.task;
    return this.#options.queue.again(definition, parseTask(definition, message), new Date());
  }

  /**
   * A task that ends its worker takes along what else that worker had in hand, and they all come again together. So
   * those that nobody answered for are put back at times of their own: the innocent are done then, and the guilty one
   * is found.
   */
  async #setApart(task: AnyTask, deaths: number): Promise<void> {
    const total = (task.deaths ?? 0) + deaths;
    if (total > MAX_DEATHS) throw new GivenUp(new Error(`${total} workers ended while they had this task`));
    const at = new Date(Date.now() + Math.random() * SPREAD_MS);
    await this.#options.queue.again(this.#options.task.definition, { ...task, deaths: total }, at);
  }

  /** @throws GivenUp when the task is for the dead letters; any other error when what became of it could not be said */
  async #attempt(task: AnyTask, delivery: Delivery): Promise<void> {
    const { definition } = this.#options.task;
    const { kind } = definition;
    const tracked = definition.tracked ? await this.#track(task) : undefined;
    if (tracked === 'over') return this.#options.batches.ended(task, 'done');
    const label = { kind };
    const stopTimer = metrics.taskSeconds.startTimer(label);
    metrics.tasksRunning.inc(label);
    try {
      await tracked?.begin(task.attempt);
      const ran = await this.#run(task, delivery, tracked);
      if ('error' in ran) return await this.#failed(task, delivery, tracked, ran.error);
      await tracked?.end('succeeded', { result: ran.result });
      await this.#options.batches.ended(task, 'done');
      metrics.tasks.inc({ kind, outcome: 'succeeded' });
    } catch (error) {
      if (!(error instanceof TaskOver)) throw error;
      await this.#options.batches.ended(task, 'done');
    } finally {
      metrics.tasksRunning.dec(label);
      stopTimer();
      this.#attempts.delete(`${task.payload.workspace}.${task.id}`);
    }
  }

  async #run(
    task: AnyTask,
    delivery: Delivery,
    tracked: TrackedAttempt | undefined,
  ): Promise<{ result: unknown } | { error: unknown }> {
    const { task: handled, logger } = this.#options;
    const { definition, run } = handled;
    const { id, attempt, actor, correlation } = task;
    const about = logger.child({ kind: definition.kind, task: id });
    const context = {
      id,
      attempt,
      last: attempt > definition.backoffMs.length,
      actor,
      correlation,
      logger: about,
      resume: tracked?.snapshot.progress?.resume ?? null,
      progress: (progress: Partial<TaskProgress>) => tracked?.progress(progress),
    };
    try {
      const result = await runBounded((signal) => run(task.payload, { ...context, signal }), {
        timeoutMs: definition.timeoutMs,
        signals: tracked === undefined ? [delivery.signal] : [delivery.signal, tracked.signal],
        onStray: () => about.error('a task goes on though it was told to stop; its attempt counts as failed'),
      });
      return { result: definition.result ? definition.result.parse(result) : null };
    } catch (error) {
      return { error };
    }
  }

  /** The task's state, or that there is nothing left to do. */
  async #track(task: AnyTask): Promise<TrackedAttempt | 'over'> {
    const { tracking, task: handled } = this.#options;
    const at = await tracking.queued(handled.definition, task);
    if (TASK_ENDS.has(at.snapshot.state)) return 'over';
    const attempt = new TrackedAttempt(tracking, handled.definition, at);
    if (at.snapshot.cancelRequestedAt !== null) {
      await attempt.end('cancelled');
      return 'over';
    }
    this.#attempts.set(`${task.payload.workspace}.${task.id}`, attempt);
    return attempt;
  }

  /** Returns when the task is taken care of; throws when it is for the dead letters, or given back. */
  async #failed(
    task: AnyTask,
    delivery: Delivery,
    tracked: TrackedAttempt | undefined,
    error: unknown,
  ): Promise<void> {
    const { definition } = this.#options.task;
    const { kind, backoffMs } = definition;
    if (delivery.signal.aborted) throw error; // the process stops, and the task was given back
    if (tracked?.signal.aborted === true) {
      await tracked.end('cancelled');
      metrics.tasks.inc({ kind, outcome: 'cancelled' });
      return this.#options.batches.ended(task, 'done');
    }
    if (error instanceof Deferred) {
      metrics.tasks.inc({ kind, outcome: 'deferred' });
      return this.#again(task, delivery, error.at, tracked);
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
    return this.#again({ ...task, attempt: attempt + 1 }, delivery, at, tracked, error);
  }

  /**
   * Waits for its next attempt as a schedule, which survives everything and holds no place among those in hand. Where
   * tasks of a key are in order it is held instead, or the next one of its key would overtake it.
   */
  async #again(
    task: AnyTask,
    delivery: Delivery,
    at: Date,
    tracked: TrackedAttempt | undefined,
    error?: unknown,
  ): Promise<void> {
    const { definition } = this.#options.task;
    await tracked?.again(error === undefined ? null : problemOf(error));
    if (!isOrdered(definition)) return this.#options.queue.again(definition, task, at);
    await delay(Math.max(0, at.getTime() - Date.now()), undefined, { signal: delivery.signal });
    return this.#attempt(task, delivery);
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

const isOrdered = (definition: TaskDefinition): boolean =>
  definition.key !== undefined && (definition.perKey ?? 1) === 1;

/** What callers are told: a Problem as it is, of anything else that it failed; its words are for the dead letters. */
function problemOf(error: unknown): TaskProblem {
  const code = error instanceof Problem ? error.code : 'task_failed';
  const detail = error instanceof Problem || error instanceof Permanent ? error.message : null;
  return { code, title: ERRORS[code].title, detail };
}
