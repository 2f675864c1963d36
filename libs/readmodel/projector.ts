import type { Logger } from 'pino';
import { isToken } from '#contracts/subjects';
import type { Bus } from '#eventing/bus';
import type { EventLog } from '#eventing/event-log';
import { whileLeased, type Lease } from '#eventing/lease';
import { formatPosition } from '#eventing/position';
import { pause } from '#eventing/pause';
import { Checkpoints, Superseded } from './checkpoint.ts';
import type { Database } from './database.ts';
import { Leader } from './leader.ts';
import { forgetProjection, projectionMetrics, showProjection } from './metrics.ts';
import { publishNotice, type CheckpointNotice } from './notice.ts';
import { requireLogOf, type Identified, type Projection } from './projection.ts';
import { troubleOf, type Trouble } from './trouble.ts';

export interface ProjectorOptions<Doc extends Identified> {
  readonly bus: Bus;
  readonly log: EventLog;
  readonly database: Database;
  readonly projection: Projection<Doc>;
  readonly logger: Logger;
  /** Milliseconds after which a stand-by takes over from a process that has died; 6,000 by default. */
  readonly leaseMs?: number;
  /** Milliseconds after which a halted projection tries again; 15,000 by default. */
  readonly retryMs?: number;
}

export interface ProjectorStatus {
  /** `waiting`: for a database or a log that is away. */
  readonly state: 'standby' | 'rebuilding' | 'live' | 'halted' | 'waiting';
  /** Everything up to here is in the documents; a stand-by does not know. */
  readonly position?: string;
  /** Messages that are still to be folded. */
  readonly lag: number;
  /** For how long readers have missed events; 0 when the documents hold everything. */
  readonly lagSeconds: number;
  readonly reason?: string;
}

const TICK_MS = 1000;

/** Milliseconds that a database may take to be there at first, before it is called away. */
const STARTING_MS = 3000;

/** Milliseconds between two tries to go on when what was waited for seems to be there. */
const WAIT_MS = 250;

/** Readers who miss less than this are told that the read model is live. */
const LIVE_SECONDS = 2;

/**
 * Keeps one projection's read model. Of all replicas that run it one holds the lease and writes; the others stand by.
 * An event that it cannot handle halts it, is said in status, log and metrics, and is tried again at a slow pace
 * until it can be handled; it is never skipped. A database or a log that is away is waited for.
 */
export class Projector<Doc extends Identified> {
  readonly #options: ProjectorOptions<Doc>;
  readonly #logger: Logger;
  readonly #checkpoints: Checkpoints;
  readonly #label: { readonly projection: string };
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #leader: Leader | undefined;
  /** What was last known, while a new try has not found out. */
  #seen: Pick<Leader, 'read' | 'current'> = { read: undefined, current: undefined };
  #trouble: Trouble | undefined;

  constructor(options: ProjectorOptions<Doc>) {
    if (!isToken(options.projection.name))
      throw new RangeError(`not a projection's name: ${options.projection.name}`);
    requireLogOf(options.projection, options.log);
    this.#options = options;
    this.#logger = options.logger.child({ projection: options.projection.name });
    this.#checkpoints = new Checkpoints(options.database);
    this.#label = { projection: options.projection.name };
  }

  /** Of the projection. */
  get name(): string {
    return this.#options.projection.name;
  }

  /** Begins in the background: neither the database nor the lease is waited for. */
  start(): void {
    projectionMetrics.active.set(this.#label, 0);
    this.#running = this.#run();
  }

  /** Ends with the batch in hand written and the lease released, so that a stand-by goes on at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  status(): ProjectorStatus {
    if (this.#leader === undefined) return { state: 'standby', lag: 0, lagSeconds: 0 };
    const { read, current = read } = this.#look();
    return {
      state: this.#trouble?.state ?? (read?.written === true ? 'live' : 'rebuilding'),
      ...(current && { position: formatPosition(current.checkpoint.epoch, current.progress.seq) }),
      lag: current?.progress.lag ?? 0,
      lagSeconds: (read ?? current)?.progress.lagSeconds ?? 0,
      ...(this.#trouble && { reason: this.#trouble.reason }),
    };
  }

  #run(): Promise<void> {
    const { bus, leaseMs: ttlMs = 6000 } = this.#options;
    return whileLeased(bus, `projection-${this.name}`, {
      ttlMs,
      signal: this.#stopping.signal,
      hold: (lease) => this.#hold(lease, ttlMs),
      onTrouble: (error) =>
        this.#logger.warn({ err: error }, 'the lease of the projection could not be had or given back'),
    });
  }

  async #hold(lease: Lease, ttlMs: number): Promise<void> {
    const signal = AbortSignal.any([this.#stopping.signal, lease.lost]);
    this.#logger.info({ lease: lease.token }, 'this process writes the read model');
    projectionMetrics.active.set(this.#label, 1);
    const telling = this.#tellEverySecond(signal);
    // At a start the database is often a moment behind, which is nothing to warn of.
    const patience = AbortSignal.any([signal, AbortSignal.timeout(STARTING_MS)]);
    await this.#options.database.whenAvailable(patience);
    for (let force = false; !signal.aborted;) {
      try {
        this.#leader = this.#lead(lease.token, force, signal);
        await this.#leader.run();
      } catch (error) {
        if (signal.aborted) break;
        this.#seen = this.#look();
        await this.#standStill(error, signal);
        // A lower token than the one before means that this process slept while another one took over, and its lease
        // turns out to be lost; or else the leases themselves were lost, and one that outlives its time is the true one.
        force = error instanceof Superseded;
        if (force) await pause(ttlMs, signal);
      }
    }
    await telling;
    this.#leader = undefined;
    this.#seen = { read: undefined, current: undefined };
    this.#trouble = undefined;
    forgetProjection(this.#label);
  }

  #lead(token: number, force: boolean, signal: AbortSignal): Leader {
    const { log, database, projection } = this.#options;
    const common = { log, database, projection, checkpoints: this.#checkpoints, logger: this.#logger };
    return new Leader({ ...common, token, force, signal, onStep: () => this.#stepped() });
  }

  #look(): Pick<Leader, 'read' | 'current'> {
    const { read = this.#seen.read, current = this.#seen.current } = this.#leader ?? this.#seen;
    return { read, current };
  }

  #stepped(): void {
    const seq = this.#look().current?.progress.seq ?? 0;
    if (this.#trouble !== undefined && seq >= this.#trouble.seq) {
      this.#logger.info({ was: this.#trouble.state, reason: this.#trouble.reason }, 'the projection goes on');
      this.#trouble = undefined;
    }
    this.#tell();
  }

  /** Says what is wrong, and waits until another try makes sense. */
  async #standStill(error: unknown, signal: AbortSignal): Promise<void> {
    const { bus, database, retryMs = 15_000 } = this.#options;
    const trouble = troubleOf(error);
    const known = this.#trouble?.reason === trouble.reason;
    this.#trouble = trouble;
    this.#tell();
    if (trouble.state === 'halted') {
      if (!known) this.#logger.error({ err: error, event: trouble.event }, 'the projection is halted');
      await this.#record(trouble);
      await pause(retryMs, signal);
    } else {
      if (!known) this.#logger.warn({ err: error }, 'the projection waits');
      await pause(WAIT_MS, signal);
      await database.whenAvailable(signal);
      await bus.whenConnected(signal).catch(() => undefined); // Refuses only when it is given up or closed.
    }
  }

  /** For those who look at the checkpoint while nobody sends notices. */
  async #record({ event }: Trouble): Promise<void> {
    const checkpoint = this.#look().current?.checkpoint;
    if (event === undefined || checkpoint === undefined) return;
    try {
      await this.#checkpoints.halt(checkpoint, event);
    } catch (error) {
      this.#logger.warn({ err: error }, 'the halt is not on record');
    }
  }

  async #tellEverySecond(signal: AbortSignal): Promise<void> {
    for (; !signal.aborted; await pause(TICK_MS, signal)) {
      const progress = this.#look().current?.progress;
      if (this.#trouble === undefined && this.#options.bus.connected) progress?.idle();
      if (this.#trouble !== undefined && progress !== undefined) await this.#measureLag(progress);
      this.#tell();
    }
  }

  async #measureLag(progress: { stall(lastSeq: number): void }): Promise<void> {
    try {
      progress.stall(await this.#options.log.lastSeq());
    } catch (error) {
      this.#logger.debug({ err: error }, 'the lag is not known');
    }
  }

  #tell(): void {
    const { bus, projection } = this.#options;
    const status = this.status();
    showProjection(this.#label, status);
    const { read } = this.#look();
    if (read === undefined || this.#leader === undefined) return;
    try {
      publishNotice(bus, projection, noticeOf(this.#leader.token, read, status));
    } catch (error) {
      // The bus is being closed. Readers look at the checkpoint when nobody tells them.
      this.#logger.debug({ err: error }, 'the notice is not sent');
    }
  }
}

function noticeOf(
  token: number,
  { checkpoint, progress }: NonNullable<Leader['read']>,
  { state, lagSeconds }: ProjectorStatus,
): CheckpointNotice {
  const live = state === 'live' && lagSeconds < LIVE_SECONDS;
  return {
    token,
    generation: checkpoint.generation,
    epoch: checkpoint.epoch,
    seq: progress.seq,
    state: state === 'halted' ? 'halted' : live ? 'live' : 'behind',
    ageSeconds: lagSeconds,
  };
}
