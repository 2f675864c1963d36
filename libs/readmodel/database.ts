import mongoose, { type Connection, type mongo } from 'mongoose';
import type { Logger } from 'pino';
import { Problem } from '#contracts/errors';
import { pause } from '#eventing/pause';
import { asProblem, RETRY_AFTER } from './database-error.ts';

export interface DatabaseOptions {
  readonly uri: string;
  /** Overrides the name in the URI. */
  readonly name?: string;
  readonly logger: Logger;
}

/** Milliseconds between two tries of the first connection; the driver looks after later ones. */
const RECONNECT_MS = 500;

const WRITABLE: ReadonlySet<string> = new Set(['Standalone', 'RSPrimary', 'Mongos', 'LoadBalancer']);

/** Milliseconds between two looks at whether the driver's monitor has found the server again. */
const POLL_MS = 50;

/**
 * Every write is journaled, and on a replica set held by the majority, before it counts. Nothing here needs sessions,
 * transactions, change streams or collations, so that the embedded engine and a MongoDB server do equally.
 */
const OPTIONS: mongoose.ConnectOptions = {
  appName: 'formbus',
  bufferCommands: false,
  autoCreate: false,
  autoIndex: false,
  retryWrites: false,
  ignoreUndefined: true,
  writeConcern: { w: 'majority', journal: true },
  maxPoolSize: 20,
  serverSelectionTimeoutMS: 1000,
  waitQueueTimeoutMS: 2000,
  connectTimeoutMS: 5000,
  socketTimeoutMS: 20_000,
  heartbeatFrequencyMS: 1000,
};

/**
 * What a server without a replica set is asked for. `majority` means no more there, and the embedded engine then
 * answers before the journal is written: of 40 SIGKILLs after a write, 6 lost it, and none with this.
 */
const STANDALONE_CONCERN: mongo.WriteConcernSettings = { w: 1, journal: true };

/**
 * The connection to MongoDB. It connects in the background and comes back by itself; while it is away, everything
 * that needs it fails at once with Problem `read_model_unavailable`.
 */
export class Database {
  readonly #connection: Connection;
  readonly #closing = new AbortController();
  readonly #connecting: Promise<void>;
  readonly #logger: Logger;
  readonly #underWay = new Set<() => void>();
  #reached = false;
  #isStandalone = false;
  /** Made once: options are resolved anew for every handle, which takes longer than sending a query. */
  #standalone: mongo.Db | undefined;

  constructor({ uri, name, logger }: DatabaseOptions) {
    this.#logger = logger.child({ component: 'mongodb' });
    this.#connection = mongoose.createConnection();
    this.#connecting = this.#connect(uri, name === undefined ? OPTIONS : { ...OPTIONS, dbName: name });
  }

  /** Whether the last sign of life of the server was good; what is tried while it is false fails at once. */
  get available(): boolean {
    return this.#reached && this.#connection.db !== undefined;
  }

  /** Resolves as soon as the database is available, and when the signal is aborted. */
  async whenAvailable(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    while (!this.available && !either.aborted) await pause(POLL_MS, either);
  }

  /**
   * Runs an operation. Lost connections and servers that are not up to it become Problem `read_model_unavailable`,
   * queries over their `maxTimeMS` Problem `overloaded`, other errors pass through. A write that was given up may
   * still be done.
   */
  async run<T>(operation: (db: mongo.Db) => Promise<T>): Promise<T> {
    if (!this.available) throw unreachable();
    try {
      return await this.#whileReached(operation(this.#db));
    } catch (error) {
      throw asProblem(error);
    }
  }

  get #db(): mongo.Db {
    const { db } = this.#connection;
    if (db === undefined) throw unreachable();
    if (!this.#isStandalone) return db;
    this.#standalone ??= this.#connection
      .getClient()
      .db(db.databaseName, { writeConcern: STANDALONE_CONCERN });
    return this.#standalone;
  }

  /**
   * Gives an operation up when the server turns out to be gone. The driver alone would wait for ever for an answer
   * on a socket that broke in the moment before it was used.
   */
  #whileReached<T>(operation: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(unreachable());
      this.#underWay.add(giveUp);
      operation.then(resolve, reject).finally(() => this.#underWay.delete(giveUp));
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#connecting;
    await this.#connection.close();
  }

  async #connect(uri: string, options: mongoose.ConnectOptions): Promise<void> {
    const { signal } = this.#closing;
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        const opening = this.#connection.openUri(uri, { ...options });
        this.#watch(this.#connection.getClient());
        await opening;
        return;
      } catch (error) {
        if (tries === 0) this.#logger.warn({ err: error }, 'MongoDB cannot be reached; trying on');
        await pause(RECONNECT_MS, signal);
      }
    }
  }

  /** The driver's monitor looks once a second; mongoose's own `readyState` also turns when the event loop was busy. */
  #watch(client: mongo.MongoClient): void {
    this.#standalone = undefined;
    client.on('topologyDescriptionChanged', ({ newDescription }) => {
      const reached = canWrite(newDescription);
      this.#isStandalone = [...newDescription.servers.values()].some(({ type }) => type === 'Standalone');
      if (reached === this.#reached) return;
      this.#reached = reached;
      if (reached) return this.#logger.info('MongoDB is reached');
      if (!this.#closing.signal.aborted) this.#logger.warn('MongoDB cannot be reached');
      for (const giveUp of this.#underWay) giveUp();
    });
  }
}

function canWrite({ servers }: mongo.TopologyDescription): boolean {
  return [...servers.values()].some(({ type }) => WRITABLE.has(type));
}

const unreachable = (): Problem =>
  new Problem('read_model_unavailable', undefined, { retryAfter: RETRY_AFTER });

/** Starts connecting and returns at once. */
export function connectDatabase(options: DatabaseOptions): Database {
  return new Database(options);
}
