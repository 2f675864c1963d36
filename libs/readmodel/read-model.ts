import type { mongo } from 'mongoose';
import { Problem } from '#contracts/errors';
import type { Freshness } from '#contracts/rpc';
import type { Bus } from '#eventing/bus';
import type { EventLog } from '#eventing/event-log';
import { parsePosition } from '#eventing/position';
import { CollectionLost, requireCollection, type StoredCollection } from './collection.ts';
import { RETRY_AFTER } from './database-error.ts';
import type { Database } from './database.ts';
import { withoutDeleted, type DocumentFilter } from './filter.ts';
import { collectionName, onGeneration } from './generation.ts';
import { Lookout } from './lookout.ts';
import { requireLogOf, type Identified, type Projection, type Stored } from './projection.ts';
import { freshnessOf, type Sight } from './sight.ts';

export interface ReadModelOptions<Doc extends Identified> {
  readonly database: Database;
  readonly projection: Projection<Doc>;
  readonly log: EventLog;
  readonly bus: Bus;
}

export interface FindOptions {
  readonly sort?: Readonly<Record<string, 1 | -1>>;
  readonly limit?: number;
  /** Milliseconds that the server may work on it; 5,000 by default. */
  readonly maxTimeMs?: number;
}

const MAX_TIME_MS = 5000;

/** Milliseconds between two questions whether anything is pending, when the position itself is not passed. */
const ASK_MS = 100;

/**
 * The reading side of a projection, for processes that answer queries.
 *
 * Everything throws Problem `read_model_unavailable` while MongoDB is away or nothing has been built yet.
 */
export class ReadModel<Doc extends Identified> {
  readonly #options: ReadModelOptions<Doc>;
  readonly #lookout: Lookout;

  constructor(options: ReadModelOptions<Doc>) {
    requireLogOf(options.projection, options.log);
    this.#options = options;
    this.#lookout = new Lookout(options);
  }

  close(): void {
    this.#lookout.close();
  }

  /** The documents that match. A query that is too slow throws Problem `overloaded`. */
  find(
    filter: DocumentFilter,
    { sort, limit, maxTimeMs = MAX_TIME_MS }: FindOptions = {},
  ): Promise<Stored<Doc>[]> {
    const options: mongo.FindOptions = {
      maxTimeMS: maxTimeMs,
      ...(sort && { sort: { ...sort } }),
      ...(limit !== undefined && { limit }),
    };
    return this.#query(
      async (collection) =>
        (await collection.find(withoutDeleted(filter), options).toArray()) as Stored<Doc>[],
      (found) => found.length === 0,
    );
  }

  async findOne(filter: DocumentFilter, options: FindOptions = {}): Promise<Stored<Doc> | undefined> {
    return (await this.find(filter, { ...options, limit: 1 }))[0];
  }

  count(
    filter: DocumentFilter,
    { maxTimeMs = MAX_TIME_MS }: Pick<FindOptions, 'maxTimeMs'> = {},
  ): Promise<number> {
    return this.#query(
      (collection) => collection.countDocuments(withoutDeleted(filter), { maxTimeMS: maxTimeMs }),
      (count) => count === 0,
    );
  }

  /**
   * The collection that is read now, for what the methods above do not offer. It holds tombstones (see
   * `NOT_DELETED`) and is to be used at once: a minute after a swap it is dropped.
   */
  async collection(): Promise<mongo.Collection<Stored<Doc>>> {
    const { generation } = await this.#lookout.look();
    const { database, projection } = this.#options;
    return await database.run((db) =>
      Promise.resolve(db.collection<Stored<Doc>>(collectionName(projection.name, generation))),
    );
  }

  async freshness(): Promise<Freshness> {
    return freshnessOf(await this.#lookout.look(), performance.now());
  }

  /**
   * Waits until the read model has passed a position, or has nothing to fold at or below it. Without a position it
   * only says how fresh the read model is.
   *
   * @throws Problem `bad_position`; `read_model_behind` when the time is up, and at once when the projection is halted
   */
  async waitFor(position: string | undefined, timeoutMs: number): Promise<Freshness> {
    if (position === undefined) return await this.freshness();
    const { log, projection } = this.#options;
    const seq = parsePosition(position, log.epoch);
    const deadline = performance.now() + timeoutMs;
    let sight = await this.#lookout.look();
    if (!this.#passed(sight, seq) && seq > (await log.lastSeq()))
      throw new Problem('bad_position', 'The position is beyond the end of the log');
    for (let askedAt = -Infinity; !this.#passed(sight, seq); sight = await this.#lookout.look()) {
      const now = performance.now();
      if (now - askedAt >= ASK_MS && sight.epoch === log.epoch) {
        askedAt = now;
        if (!(await log.hasPending(projection.filters, sight.seq, seq))) break;
      }
      if (sight.state === 'halted' || now >= deadline) throw behind(sight, position);
      await this.#lookout.change(Math.min(ASK_MS, deadline - now));
    }
    return freshnessOf(sight, performance.now());
  }

  #passed(sight: Sight, seq: number): boolean {
    return sight.epoch === this.#options.log.epoch && sight.seq >= seq;
  }

  /** Answers nothing from a collection that is lost: where nothing is found, its sentinel must be. */
  async #query<T>(
    operation: (collection: StoredCollection) => Promise<T>,
    isEmpty: (result: T) => boolean,
  ): Promise<T> {
    const { database, projection } = this.#options;
    const { generation } = await this.#lookout.look();
    const target = { projection: projection.name, generation };
    const result = await onGeneration(database, target, operation);
    if (isEmpty(result)) await onGeneration(database, target, requireCollection).catch(unavailable);
    return result;
  }
}

function behind({ seq, state }: Sight, position: string): Problem {
  const why = state === 'halted' ? ': it is halted, and operators have been told why' : '';
  return new Problem('read_model_behind', `The read model is at ${seq} and not yet at ${position}${why}`, {
    retryAfter: state === 'halted' ? 30 : 1,
  });
}

function unavailable(error: unknown): never {
  if (!(error instanceof CollectionLost)) throw error;
  throw new Problem('read_model_unavailable', 'The read model is lost and is being built anew', {
    retryAfter: RETRY_AFTER,
    cause: error,
  });
}
