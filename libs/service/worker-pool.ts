import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { askWorker, isReady, type Answers } from './cluster-channel.ts';
import { EXIT } from './shutdown.ts';

const BACKOFF_MS = { first: 200, most: 10_000 } as const;
/** A worker that lived this long was fine: its next restart is the first again. */
const STEADY_MS = 30_000;
/** Unanswered beats in a row after which a worker's event loop is taken for stuck. */
const MISSED_BEATS = 6;
/** Exits in a row, with no worker ever ready, after which starting more is no use. */
const HOPELESS = 5;
/** How long a worker that is not needed any more may take to end. */
const RETIRE_TIMEOUT_MS = 30_000;

interface Slot {
  worker: Worker | undefined;
  startedAt: number;
  /** Exits in a row without a steady life between them. */
  exits: number;
  /** Counted from the first answer on: loading its code may take a busy machine long. */
  missedBeats: number | undefined;
  restart: NodeJS.Timeout | undefined;
}

export interface WorkerPoolOptions {
  readonly logger: Logger;
  /** How long a worker's event loop may stand still until it is killed. */
  readonly stuckAfterMs: number;
  /** Called when no worker can ever run: with the exit code that says so. */
  readonly giveUp: (exitCode: number) => void;
}

/**
 * The worker processes of a cluster: as many as it was last told, restarted with a growing pause when they exit
 * (0.2 s up to 10 s), killed when they stop answering. It never touches a request.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots: Slot[] = [];
  readonly #leaving = new Set<Promise<void>>();
  readonly #beats: NodeJS.Timeout;
  #everReady = false;
  #stopping = false;
  restarts = 0;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const beatMs = options.stuckAfterMs / MISSED_BEATS;
    this.#beats = setInterval(() => void this.#beat(beatMs * 0.9), beatMs);
  }

  /** How many workers there should be. */
  get size(): number {
    return this.#slots.length;
  }

  /** Starts the missing workers; surplus ones drain and leave. */
  resize(size: number): void {
    while (this.#slots.length > size) this.#retire(this.#slots.pop());
    while (this.#slots.length < size) {
      const slot: Slot = {
        worker: undefined,
        startedAt: 0,
        exits: 0,
        missedBeats: undefined,
        restart: undefined,
      };
      this.#slots.push(slot);
      this.#fork(slot);
    }
  }

  /** What each worker says, `undefined` for one that says nothing; one entry for each that there should be. */
  ask<What extends keyof Answers>(what: What, timeoutMs = 1_500): Promise<(Answers[What] | undefined)[]> {
    return Promise.all(
      this.#slots.map(async ({ worker }) =>
        worker === undefined ? undefined : askWorker(worker, what, timeoutMs),
      ),
    );
  }

  /** Sends every worker SIGTERM and resolves when all have exited. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#beats);
    this.resize(0);
    await Promise.all(this.#leaving);
  }

  /** For when the time to drain is over. */
  kill(): void {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
  }

  #fork(slot: Slot): void {
    const worker = cluster.fork();
    Object.assign(slot, { worker, startedAt: performance.now(), missedBeats: undefined, restart: undefined });
    worker.on('message', (message: unknown) => {
      if (isReady(message)) this.#everReady = true; // from now on it never gives up
    });
    worker.once('exit', (code: number | null, signal: string | null) => {
      if (slot.worker !== worker) return;
      slot.worker = undefined;
      this.#exited(slot, code, signal, worker.process.pid);
    });
  }

  #exited(slot: Slot, code: number | null, signal: string | null, pid: number | undefined): void {
    if (this.#stopping || !this.#slots.includes(slot)) return;
    if (code === EXIT.configuration) {
      this.#options.giveUp(code);
      return;
    }
    slot.exits = performance.now() - slot.startedAt >= STEADY_MS ? 1 : slot.exits + 1;
    if (!this.#everReady && slot.exits >= HOPELESS) {
      this.#options.giveUp(EXIT.failed);
      return;
    }
    const inMs = Math.min(BACKOFF_MS.first * 2 ** (slot.exits - 1), BACKOFF_MS.most);
    this.#options.logger.warn({ worker: pid, code, signal, inMs }, 'a worker exited; starting another');
    this.restarts++;
    slot.restart = setTimeout(() => {
      this.#fork(slot);
    }, inMs);
  }

  #retire(slot: Slot | undefined): void {
    clearTimeout(slot?.restart);
    const worker = slot?.worker;
    if (worker === undefined || worker.isDead()) return;
    // Nobody asks it for signs of life any more, so one that is stuck is not waited for.
    const late = setTimeout(() => worker.process.kill('SIGKILL'), RETIRE_TIMEOUT_MS);
    const gone = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        clearTimeout(late);
        resolve();
      });
    }).finally(() => this.#leaving.delete(gone));
    this.#leaving.add(gone);
    worker.process.kill('SIGTERM');
  }

  async #beat(timeoutMs: number): Promise<void> {
    await Promise.all(
      this.#slots.map(async (slot) => {
        const { worker } = slot;
        if (worker === undefined) return;
        const answer = await askWorker(worker, 'liveness', timeoutMs);
        if (slot.worker !== worker) return;
        if (answer !== undefined) slot.missedBeats = 0;
        else if (slot.missedBeats !== undefined) slot.missedBeats++;
        if ((slot.missedBeats ?? 0) < MISSED_BEATS || worker.isDead()) return;
        this.#options.logger.error({ worker: worker.process.pid }, 'a worker does not answer: killing it');
        worker.process.kill('SIGKILL');
      }),
    );
  }
}
