import type { Logger } from 'pino';
import type { Tier } from '#contracts/task';
import { whileLeased, type Lease } from '../lease.ts';
import { metrics } from '../metrics.ts';
import { whenAborted } from '../when-aborted.ts';
import type { HandledTask } from './context.ts';
import type { Tasks } from './open.ts';
import { isOrdered, TaskWorker } from './worker.ts';

export interface TaskWorkersOptions {
  readonly tasks: Tasks;
  /** What this service does, of all tiers. */
  readonly handled: readonly HandledTask[];
  /** The tiers of this process; tasks of others are left to other processes. */
  readonly tiers: readonly Tier[];
  readonly logger: Logger;
  readonly ackWaitMs?: number;
}

export interface TaskWorkers {
  /** Takes no more tasks, lets those in hand end, and gives back what has not by the deadline; 10 s by default. */
  stop(deadlineMs?: number): Promise<void>;
}

const LEASE_MS = 6_000;
const MEASURE_MS = 10_000;

/**
 * Starts to work on tasks; resolves when those of kinds that any process may do are being taken.
 *
 * @throws Error when a kind keeps an order and is not tracked
 */
export async function startTaskWorkers(options: TaskWorkersOptions): Promise<TaskWorkers> {
  const { tasks, tiers, handled } = options;
  const here = handled.filter(({ definition }) => tiers.includes(definition.tier));
  for (const { definition } of here) {
    if (isOrdered(definition) && !definition.tracked)
      throw new Error(
        `${definition.kind} keeps an order and has to be tracked: its state tells its attempts`,
      );
  }
  const kinds = here.map((task) =>
    isExclusive(task) ? new Exclusive(options, task) : new Shared(options, task),
  );
  const stopListening = tasks.tracking.onCancel((workspace, task) => {
    for (const kind of kinds) kind.worker?.cancel(workspace, task);
  });
  await Promise.all(kinds.map((kind) => kind.start()));
  const measuring = measure(options, here);
  return {
    async stop(deadlineMs) {
      stopListening();
      measuring.stop();
      await Promise.all(kinds.map((kind) => kind.stop(deadlineMs)));
    },
  };
}

/** One process at a time does such a kind: its order or its rate is kept in memory. */
const isExclusive = ({ definition }: HandledTask): boolean =>
  definition.key !== undefined || definition.rate !== undefined;

function newWorker({ tasks, logger, ackWaitMs }: TaskWorkersOptions, task: HandledTask): TaskWorker {
  const { bus, queue, tracking, batches } = tasks;
  return new TaskWorker({ bus, queue, tracking, batches, task, logger, ...(ackWaitMs && { ackWaitMs }) });
}

/** A kind that every process of its tier works on. */
class Shared {
  readonly worker: TaskWorker;

  constructor(options: TaskWorkersOptions, task: HandledTask) {
    this.worker = newWorker(options, task);
  }

  start(): Promise<void> {
    return this.worker.start();
  }

  stop(deadlineMs?: number): Promise<void> {
    return this.worker.stop(deadlineMs);
  }
}

/** A kind that one process works on, by a lease; others stand by. */
class Exclusive {
  worker: TaskWorker | undefined;
  readonly #options: TaskWorkersOptions;
  readonly #task: HandledTask;
  readonly #stopping = new AbortController();
  #deadlineMs: number | undefined;
  #running: Promise<void> | undefined;

  constructor(options: TaskWorkersOptions, task: HandledTask) {
    this.#options = options;
    this.#task = task;
  }

  start(): Promise<void> {
    this.#running = this.#run();
    return Promise.resolve();
  }

  async stop(deadlineMs?: number): Promise<void> {
    this.#deadlineMs = deadlineMs;
    this.#stopping.abort();
    await this.#running;
  }

  #run(): Promise<void> {
    const { tasks, logger } = this.#options;
    const { kind } = this.#task.definition;
    return whileLeased(tasks.bus, `task-${kind}`, {
      ttlMs: LEASE_MS,
      signal: this.#stopping.signal,
      hold: (lease) => this.#hold(lease),
      onTrouble: (error) =>
        logger.warn({ err: error, kind }, 'a kind of task that one process does at a time is not done here'),
    });
  }

  async #hold(lease: Lease): Promise<void> {
    const over = AbortSignal.any([this.#stopping.signal, lease.lost]);
    if (over.aborted) return;
    const worker = newWorker(this.#options, this.#task);
    this.worker = worker;
    await worker.start();
    await whenAborted(over);
    await worker.stop(lease.lost.aborted ? 0 : this.#deadlineMs);
    this.worker = undefined;
  }
}

/** Tells how many tasks wait, and for how long, while this process works on them. */
function measure({ tasks, logger }: TaskWorkersOptions, handled: readonly HandledTask[]): { stop(): void } {
  const look = async (): Promise<void> => {
    for (const { definition } of handled) {
      const { kind } = definition;
      const { pending, oldestSeconds } = await tasks.control.backlog(definition);
      metrics.tasksPending.set({ kind }, pending);
      metrics.taskOldestSeconds.set({ kind }, oldestSeconds);
    }
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => logger.debug({ err: error }, 'the backlog of tasks is not known'));
  }, MEASURE_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
