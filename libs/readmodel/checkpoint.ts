import type { mongo } from 'mongoose';
import { DUPLICATE_KEY } from './database-error.ts';
import type { Database } from './database.ts';
import type { HaltReason } from './halt.ts';

/**
 * Where one generation of a projection stands; it lies beside the documents, so that both are lost, or restored to
 * an earlier day, together.
 */
export interface Checkpoint {
  /** `<projection>:<generation>` */
  readonly _id: string;
  readonly projection: string;
  readonly generation: string;
  /** Of the projection whose fold made the documents. */
  readonly version: number;
  /** Of the log: its sequences mean nothing in another one. */
  readonly epoch: string;
  /** Every event up to here is in the documents. */
  readonly seq: number;
  /** Until when that was everything there was. */
  readonly asOf: Date;
  /** Of the lease under which the generation is written. */
  readonly token: number;
  readonly state: 'building' | 'complete' | 'retired' | 'scratch';
  readonly halted: HaltReason | null;
  readonly updatedAt: Date;
}

/** Which generation of a projection is read. */
export interface Pointer {
  /** The projection's name. */
  readonly _id: string;
  readonly active: string | null;
  /** Of the last lease that claimed the projection. */
  readonly token: number;
  readonly epoch: string;
  /** An operator's request to build it anew, until it is done. */
  readonly rebuild: string | null;
}

/** The checkpoint is another holder's by now, or lost: what this one still does must not count. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

/** The projection was claimed under a lease with a higher token. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

export const checkpointId = (projection: string, generation: string): string => `${projection}:${generation}`;

/**
 * The checkpoints and pointers of all projections, in one collection. Every write of a holder carries the token of
 * its lease and misses once a later holder has claimed the projection.
 */
export class Checkpoints {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  pointer(projection: string): Promise<Pointer | null> {
    return this.#run((pointers) => pointers.findOne<Pointer>({ _id: projection }));
  }

  find(projection: string, generation: string): Promise<Checkpoint | null> {
    return this.#run((checkpoints) =>
      checkpoints.findOne<Checkpoint>({ _id: checkpointId(projection, generation) }),
    );
  }

  all(projection: string): Promise<Checkpoint[]> {
    return this.#run((checkpoints) => checkpoints.find<Checkpoint>({ projection }).toArray());
  }

  /**
   * Takes the projection over: from now on no former holder moves its checkpoints or its pointer.
   *
   * @param force believes a token that is lower than the last one of the same epoch
   * @throws Superseded when a later lease has claimed it
   */
  async claim(projection: string, lease: { token: number; epoch: string }, force = false): Promise<Pointer> {
    const { token, epoch } = lease;
    const earlier = force ? {} : { $or: [{ token: { $lte: token } }, { epoch: { $ne: epoch } }] };
    return await this.#run(async (pointers) => {
      const pointer = await pointers
        .findOneAndUpdate(
          { _id: projection, ...earlier },
          { $set: { token, epoch }, $setOnInsert: { active: null, rebuild: null } },
          { upsert: true, returnDocument: 'after' },
        )
        .catch((error: unknown) => {
          if ((error as { code?: unknown }).code === DUPLICATE_KEY)
            throw new Superseded(`${projection} has a later holder`);
          throw error;
        });
      await pointers.updateMany({ projection, state: { $ne: 'scratch' } }, { $set: { token } });
      return pointer as unknown as Pointer;
    });
  }

  async create(checkpoint: Checkpoint): Promise<void> {
    await this.#run((checkpoints) => checkpoints.insertOne(checkpoint));
  }

  /** Never backwards. @throws Fenced */
  async advance(checkpoint: Checkpoint, { seq, asOf }: { seq: number; asOf: Date }): Promise<void> {
    await this.#update(checkpoint, { seq: { $lte: seq } }, { seq, asOf, halted: null });
  }

  /** @throws Fenced */
  async halt(checkpoint: Checkpoint, halted: HaltReason): Promise<void> {
    await this.#update(checkpoint, {}, { halted });
  }

  /**
   * Makes a generation the one that is read, in one update of one document, and answers the request that it was
   * built for, if any.
   *
   * @throws Fenced
   */
  async activate({ projection, generation, token }: Checkpoint, request: string | null): Promise<void> {
    const flip = { active: generation };
    const holder = { _id: projection, token };
    const flipped = await this.#run(async (pointers) => {
      const answered =
        request === null
          ? undefined
          : await pointers.updateOne({ ...holder, rebuild: request }, { $set: { ...flip, rebuild: null } });
      return answered?.matchedCount === 1 ? answered : await pointers.updateOne(holder, { $set: flip });
    });
    if (flipped.matchedCount === 0) throw new Fenced(`${projection} has a later holder`);
    await this.#run((checkpoints) =>
      checkpoints.bulkWrite([
        {
          updateOne: {
            filter: { _id: checkpointId(projection, generation) },
            update: { $set: { state: 'complete' } },
          },
        },
        {
          updateMany: {
            filter: { projection, generation: { $ne: generation }, state: 'complete' },
            update: { $set: { state: 'retired', updatedAt: new Date() } },
          },
        },
      ]),
    );
  }

  /** Asks the holder to build the projection anew beside the generation that is read. */
  async request(projection: string, id: string): Promise<void> {
    const { matchedCount } = await this.#run((pointers) =>
      pointers.updateOne({ _id: projection }, { $set: { rebuild: id } }),
    );
    if (matchedCount === 0) throw new Error(`there is no projection ${projection}`);
  }

  /** Gives a request up. */
  async withdraw(projection: string, id: string): Promise<void> {
    await this.#run((pointers) =>
      pointers.updateOne({ _id: projection, rebuild: id }, { $set: { rebuild: null } }),
    );
  }

  async remove({ _id }: Checkpoint): Promise<void> {
    await this.#run((checkpoints) => checkpoints.deleteOne({ _id }));
  }

  async #update({ _id, token }: Checkpoint, condition: object, change: Partial<Checkpoint>): Promise<void> {
    const { matchedCount } = await this.#run((checkpoints) =>
      checkpoints.updateOne({ _id, token, ...condition }, { $set: { ...change, updatedAt: new Date() } }),
    );
    if (matchedCount === 0) throw new Fenced(`the checkpoint ${_id} has a later holder, or is lost`);
  }

  #run<T>(operation: (collection: mongo.Collection<{ readonly _id: string }>) => Promise<T>): Promise<T> {
    return this.#database.run((db) => operation(db.collection<{ readonly _id: string }>('checkpoints')));
  }
}
