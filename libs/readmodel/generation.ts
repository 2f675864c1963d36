import { randomBytes } from 'node:crypto';
import { checkpointId, type Checkpoint, type Checkpoints } from './checkpoint.ts';
import { createCollection, type StoredCollection } from './collection.ts';
import type { Database } from './database.ts';
import type { Identified, Projection, StoredDocument } from './projection.ts';

/** How long a generation that was swapped out stays for readers that have not heard of it yet. */
const GRACE_MS = 60_000;

/** How long a scratch generation stays without progress: its process is gone. */
const ABANDONED_MS = 3_600_000;

/** `submissions.v3_1f0c93ab`: one name for one collection ever, so that a reader never meets another's documents. */
export const collectionName = (projection: string, generation: string): string =>
  `${projection}.${generation}`;

/** Runs an operation on the documents of a generation, with the errors of {@link Database.run}. */
export function onGeneration<T>(
  database: Database,
  { projection, generation }: Pick<Checkpoint, 'projection' | 'generation'>,
  operation: (collection: StoredCollection) => Promise<T>,
): Promise<T> {
  return database.run((db) =>
    operation(db.collection<StoredDocument>(collectionName(projection, generation))),
  );
}

export interface NewGeneration {
  readonly epoch: string;
  readonly token: number;
  readonly state: 'building' | 'scratch';
}

/** Begins an empty generation. The checkpoint comes first: a collection without one belongs to nobody. */
export async function createGeneration(
  database: Database,
  checkpoints: Checkpoints,
  projection: Projection<Identified>,
  { epoch, token, state }: NewGeneration,
): Promise<Checkpoint> {
  const generation = `v${projection.version}_${randomBytes(4).toString('hex')}`;
  const checkpoint: Checkpoint = {
    _id: checkpointId(projection.name, generation),
    projection: projection.name,
    generation,
    version: projection.version,
    epoch,
    seq: 0,
    asOf: new Date(0),
    token,
    state,
    halted: null,
    updatedAt: new Date(),
  };
  await checkpoints.create(checkpoint);
  await onGeneration(database, checkpoint, (collection) => createCollection(collection, projection));
  return checkpoint;
}

export async function dropGeneration(
  database: Database,
  checkpoints: Checkpoints,
  checkpoint: Checkpoint,
): Promise<void> {
  await onGeneration(database, checkpoint, (collection) => collection.drop());
  await checkpoints.remove(checkpoint);
}

/**
 * Drops what nobody reads or writes any more: generations that were swapped out a while ago, builds and scratch
 * generations that were given up, collections whose checkpoint is lost. For the holder of the lease alone.
 *
 * @param kept generations in use by the holder
 */
export async function dropAbandoned(
  database: Database,
  checkpoints: Checkpoints,
  projection: string,
  kept: ReadonlySet<string>,
): Promise<readonly string[]> {
  const names = await database.run((db) =>
    db
      .listCollections({ name: { $regex: `^${projection}\\.v[0-9]+_[0-9a-f]{8}$` } }, { nameOnly: true })
      .toArray(),
  );
  // Read after the collections: whatever is listed above and stands in no checkpoint had none when it was listed.
  const known = await checkpoints.all(projection);
  const dropped: string[] = [];
  for (const checkpoint of known) {
    if (kept.has(checkpoint.generation) || !isAbandoned(checkpoint)) continue;
    await dropGeneration(database, checkpoints, checkpoint);
    dropped.push(checkpoint.generation);
  }
  const generations = new Set(known.map((checkpoint) => collectionName(projection, checkpoint.generation)));
  for (const { name } of names) {
    if (generations.has(name)) continue;
    await database.run((db) => db.collection(name).drop());
    dropped.push(name);
  }
  return dropped;
}

function isAbandoned({ state, updatedAt }: Checkpoint): boolean {
  const idleMs = Date.now() - updatedAt.getTime();
  switch (state) {
    case 'building':
      return true;
    case 'complete':
    case 'retired':
      return idleMs > GRACE_MS;
    case 'scratch':
      return idleMs > ABANDONED_MS;
  }
}
