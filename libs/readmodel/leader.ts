import type { Logger } from 'pino';
import type { EventLog } from '#eventing/event-log';
import { pause } from '#eventing/pause';
import { Fenced, type Checkpoint, type Checkpoints, type Pointer } from './checkpoint.ts';
import { CollectionLost, requireCollection } from './collection.ts';
import type { Database } from './database.ts';
import { removeExpired } from './expiry.ts';
import { createGeneration, dropAbandoned, dropGeneration, onGeneration } from './generation.ts';
import { ProjectionHalted } from './halt.ts';
import { projectionMetrics } from './metrics.ts';
import { runPass } from './pass.ts';
import { Progress, type Step } from './progress.ts';
import type { Identified, Projection } from './projection.ts';
import { Scope } from './scope.ts';

export interface LeaderOptions {
  readonly log: EventLog;
  readonly database: Database;
  readonly checkpoints: Checkpoints;
  readonly projection: Projection<Identified>;
  readonly logger: Logger;
  /** Of the lease: writes of earlier holders miss. */
  readonly token: number;
  /** Believes a token that is lower than the one before. */
  readonly force: boolean;
  /** Ends the leadership: a stop, or the loss of the lease. */
  readonly signal: AbortSignal;
  /** Called after every step of a generation. */
  readonly onStep: () => void;
}

/** Messages behind the end of the log at which a build has caught up: less than a batch. */
const CAUGHT_UP = 1000;

/** Milliseconds between two looks at whether the documents are still there and a rebuild is asked for. */
const LOOK_MS = 2000;

/** Milliseconds between two searches for generations that nobody uses, and between two for expired documents. */
const SWEEP_MS = 30_000;

/** A generation that is being written. */
interface Writer {
  readonly checkpoint: Checkpoint;
  readonly progress: Progress;
  readonly stop: AbortController;
  ended: Promise<void>;
}

/**
 * What the one active replica of a projection does, from its claim until the signal is aborted or something fails:
 * keep the generation that is read up to date, build another one beside it when that is called for, and swap them
 * when the other has caught up.
 */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #scope: Scope;
  #read: { readonly checkpoint: Checkpoint; readonly progress: Progress } | undefined;
  #live: Writer | undefined;
  #building: Writer | undefined;
  #request: string | null = null;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#scope = new Scope(options.signal);
  }

  get token(): number {
    return this.#options.token;
  }

  /** The generation that is read, if there is one; it is not `written` while its successor is being built alone. */
  get read():
    { readonly checkpoint: Checkpoint; readonly progress: Progress; readonly written: boolean } | undefined {
    return this.#read && { ...this.#read, written: this.#read.checkpoint === this.#live?.checkpoint };
  }

  /** The generation that decides how far the projection is: the one that is read, or has yet to take its place. */
  get current(): { readonly checkpoint: Checkpoint; readonly progress: Progress } | undefined {
    return this.#live ?? this.#building;
  }

  /** @throws Superseded, Fenced, CollectionLost, ProjectionHalted, and what the log and the database throw */
  async run(): Promise<void> {
    this.#scope.run(() => this.#begin());
    await this.#scope.done();
  }

  async #begin(): Promise<void> {
    const { checkpoints, projection, log, token, force, logger } = this.#options;
    const pointer = await checkpoints.claim(projection.name, { token, epoch: log.epoch }, force);
    const generations = await checkpoints.all(projection.name);
    const active = generations.find(({ generation }) => generation === pointer.active);
    if (active !== undefined) this.#read = { checkpoint: active, progress: progressOf(active) };
    const unusable = active === undefined ? 'there is none' : await this.#whyUnusable(active);
    if (active !== undefined && unusable === undefined) this.#live = this.#write(active);
    else logger.info({ generation: active?.generation, why: unusable }, 'the read model is built anew');
    if (this.#live === undefined || pointer.rebuild !== null) await this.#build(pointer, generations);
    this.#scope.run((signal) => this.#watch(signal));
    const { expiry } = projection;
    if (expiry !== undefined) this.#scope.run((signal) => this.#removeExpired(expiry, signal));
  }

  /** Why a generation can't be written on, if so. */
  async #whyUnusable(checkpoint: Checkpoint): Promise<string | undefined> {
    const { database, projection, log } = this.#options;
    if (checkpoint.version !== projection.version)
      return `its version is ${checkpoint.version}, not ${projection.version}`;
    if (checkpoint.epoch !== log.epoch) return 'the log was restored';
    if (checkpoint.seq > (await log.lastSeq())) return 'it is ahead of the log';
    try {
      await onGeneration(database, checkpoint, requireCollection);
      return undefined;
    } catch (error) {
      if (error instanceof CollectionLost) return 'its documents are lost';
      throw error;
    }
  }

  /** Goes on with a build that was broken off, or begins one. */
  async #build({ active, rebuild }: Pointer, generations: readonly Checkpoint[]): Promise<void> {
    const { database, checkpoints, projection, log, token, logger } = this.#options;
    this.#request = rebuild;
    let begun: Checkpoint | undefined;
    for (const candidate of generations) {
      if (candidate.state !== 'building' || candidate.generation === active) continue;
      if ((await this.#whyUnusable(candidate)) === undefined) begun = candidate;
    }
    const checkpoint =
      begun ??
      (await createGeneration(database, checkpoints, projection, {
        epoch: log.epoch,
        token,
        state: 'building',
      }));
    logger.info(
      { generation: checkpoint.generation, from: checkpoint.seq },
      'building a generation of the read model',
    );
    this.#building = this.#write(checkpoint);
  }

  #write(checkpoint: Checkpoint): Writer {
    const { log, projection, database } = this.#options;
    const stop = new AbortController();
    const writer: Writer = { checkpoint, progress: progressOf(checkpoint), stop, ended: Promise.resolve() };
    this.#scope.run((signal) => {
      writer.ended = runPass({
        log,
        projection,
        after: checkpoint.seq,
        signal: AbortSignal.any([signal, stop.signal]),
        onDocuments: (operation) => onGeneration(database, checkpoint, operation),
        onStep: (step) => this.#step(writer, step),
      });
      return writer.ended.catch((error: unknown) => this.#failed(writer, error));
    });
    if (checkpoint.generation === this.#read?.checkpoint.generation) this.#read = writer;
    return writer;
  }

  async #step(writer: Writer, step: Step): Promise<void> {
    const { checkpoints, onStep } = this.#options;
    const { checkpoint, progress } = writer;
    if (step.seq > progress.seq) {
      await checkpoints.advance(checkpoint, { seq: step.seq, asOf: new Date(progress.asOfAfter(step)) });
    }
    progress.record(step);
    if (writer === this.#building && step.pending < CAUGHT_UP) await this.#swap(writer);
    onStep();
  }

  /** Readers never go back: what they see is ended first, and its successor has passed it. */
  async #swap(building: Writer): Promise<void> {
    const { checkpoints, projection, logger } = this.#options;
    if (await this.#isBehindRead(building)) return;
    if (this.#live !== undefined) {
      this.#live.stop.abort();
      await this.#live.ended;
      if (await this.#isBehindRead(building)) return;
    }
    const before = this.#read;
    await checkpoints.activate(building.checkpoint, this.#request);
    this.#read = this.#live = building;
    this.#building = undefined;
    this.#request = null;
    projectionMetrics.swaps.inc({ projection: projection.name });
    logger.info(
      { generation: building.checkpoint.generation, before: before?.checkpoint.generation },
      'the read model is swapped',
    );
  }

  async #isBehindRead({ progress }: Writer): Promise<boolean> {
    const { log, projection } = this.#options;
    if (this.#read?.checkpoint.epoch !== log.epoch) return false;
    return await log.hasPending(projection.filters, progress.seq, this.#read.progress.seq);
  }

  /** A rebuild that somebody asked for and that can't be done leaves the generation alone that is read. */
  async #failed(writer: Writer, error: unknown): Promise<void> {
    const { database, checkpoints, projection, logger } = this.#options;
    const live = this.#live !== undefined && !this.#live.stop.signal.aborted;
    if (writer !== this.#building || !live || !(error instanceof ProjectionHalted)) throw error;
    logger.error({ err: error, ...error.reason }, 'the rebuild is given up');
    this.#building = undefined;
    if (this.#request !== null) await checkpoints.withdraw(projection.name, this.#request);
    await dropGeneration(database, checkpoints, writer.checkpoint);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { database, checkpoints, projection, token } = this.#options;
    for (let sweptAt = -Infinity; !signal.aborted; await pause(LOOK_MS, signal)) {
      // Seen before the pointer is: a build that ends in between has answered the request that the pointer still holds.
      const idle = this.#building === undefined;
      const pointer = await checkpoints.pointer(projection.name);
      if (pointer?.token !== token)
        throw new Fenced(`${projection.name} has a later holder, or its checkpoints are lost`);
      for (const { checkpoint } of [this.#live, this.#building].filter((writer) => writer !== undefined)) {
        await onGeneration(database, checkpoint, requireCollection);
      }
      if (pointer.rebuild !== null && idle) {
        await this.#build(pointer, await checkpoints.all(projection.name));
      }
      if (performance.now() - sweptAt > SWEEP_MS) {
        await this.#sweep(pointer);
        sweptAt = performance.now();
      }
    }
  }

  /** Beside the watch, which must not wait for it. A generation that is being built is left alone until its swap. */
  async #removeExpired(expiry: string, scope: AbortSignal): Promise<void> {
    const { database, logger } = this.#options;
    for (; !scope.aborted; await pause(SWEEP_MS, scope)) {
      if (this.#live === undefined) continue;
      const { checkpoint, stop } = this.#live;
      const removed = await removeExpired({
        expiry,
        onDocuments: (operation) => onGeneration(database, checkpoint, operation),
        signal: AbortSignal.any([scope, stop.signal]),
      });
      if (removed > 0) logger.debug({ removed }, 'removed documents that have expired');
    }
  }

  async #sweep({ active }: Pointer): Promise<void> {
    const { database, checkpoints, projection, logger } = this.#options;
    const kept = [active, this.#live?.checkpoint.generation, this.#building?.checkpoint.generation];
    const dropped = await dropAbandoned(
      database,
      checkpoints,
      projection.name,
      new Set(kept.filter((name) => name != null)),
    );
    if (dropped.length > 0) logger.info({ dropped }, 'dropped generations that nobody uses');
  }
}

const progressOf = ({ seq, asOf }: Checkpoint): Progress => new Progress({ seq, asOf: asOf.getTime() });
