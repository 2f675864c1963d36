import type { mongo } from 'mongoose';
import type { Projection, ProjectionIndex, Identified, StoredDocument, Tombstone } from './projection.ts';

/** The documents of one generation of a projection, as the writing side sees them. */
export type StoredCollection = mongo.Collection<StoredDocument>;

/** No subject token has a `#`, so no document has this id. */
const SENTINEL: Tombstone = { _id: '#generation', _seq: 0, _deleted: true };

/**
 * Leaves tombstones and the sentinel out. They have no field but `_id` and those of the guard, so a filter with an
 * equality on any other field need not say this.
 */
export const NOT_DELETED = { _deleted: { $exists: false } } as const;

/** The documents are gone although the checkpoint speaks for them. */
export class CollectionLost extends Error {
  override readonly name = 'CollectionLost';

  constructor(collection: string) {
    super(`the documents of ${collection} are lost`);
  }
}

/**
 * Makes an empty collection with its indexes. Its first document is a sentinel: as long as that is there, a document
 * that is not found does not exist, instead of having been lost with the volume.
 */
export async function createCollection(
  collection: StoredCollection,
  { indexes, expiry }: Pick<Projection<Identified>, 'indexes' | 'expiry'>,
): Promise<void> {
  await collection.insertOne(SENTINEL);
  const wanted: ProjectionIndex[] =
    expiry === undefined ? [...indexes] : [...indexes, { key: { [expiry]: 1 }, name: 'expiry' }];
  if (wanted.length > 0) await collection.createIndexes(wanted.map(indexDescription));
}

/** Unique indexes are sparse, since tombstones have none of their fields. */
function indexDescription({ key, name, unique }: ProjectionIndex): mongo.IndexDescription {
  return { key: { ...key }, name, ...(unique === true ? { unique, sparse: true } : {}) };
}

/** @throws CollectionLost */
export async function requireCollection(collection: StoredCollection): Promise<void> {
  await readDocuments(collection, []);
}

/**
 * The stored documents of these ids, tombstones included.
 *
 * @throws CollectionLost rather than taking lost documents for new ones
 */
export async function readDocuments(
  collection: StoredCollection,
  ids: readonly string[],
): Promise<Map<string, StoredDocument>> {
  const options = { batchSize: ids.length + 2 };
  const found = await collection.find({ _id: { $in: [...ids, SENTINEL._id] } }, options).toArray();
  const documents = new Map(found.map((document) => [document._id, document as StoredDocument]));
  if (!documents.delete(SENTINEL._id)) throw new CollectionLost(collection.collectionName);
  return documents;
}
