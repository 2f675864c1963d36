import mongoose, { type mongo } from 'mongoose';
import type { FoldedDocument } from './batch-fold.ts';
import { CollectionLost, readDocuments, type StoredCollection } from './collection.ts';
import { DUPLICATE_KEY, isUnavailable } from './database-error.ts';
import type { Identified, Projection, StoredDocument } from './projection.ts';

/** Bulks under way at once; one more than a journal flush takes to gather brings nothing. */
const PARALLEL = 4;

/** Operations in a bulk below which another one is not worth its round trip. */
const SMALL = 50;

/** The server will not have this document, whatever it is asked: it breaks a unique index, or its shape is refused. */
export class DocumentRefused extends Error {
  override readonly name = 'DocumentRefused';
  readonly id: string;

  constructor(id: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.id = id;
  }
}

/**
 * Writes what a batch made of its documents: new ones are inserted, others replaced unless they hold a later event
 * already. Never an upsert: two of them, racing, left stale documents behind. An insert that meets a document, of a
 * former holder of the lease or of an earlier try, is rerun as a replacement under the same guard.
 *
 * All writes are acknowledged as durable when this resolves; when it throws, any of them may have happened, and
 * folding the same events again gives the same documents.
 *
 * Documents that expire may be removed between being read and being written, even by a former holder. Those are
 * inserted as the batch has made them, as if they had been written first: the removal would have left alone what lives
 * longer now, and comes back for what does not.
 *
 * @throws DocumentRefused, or CollectionLost when a document is gone that was there when it was read
 */
export async function writeBatch(
  collection: StoredCollection,
  documents: Iterable<FoldedDocument>,
  projection: Expiring,
): Promise<void> {
  const bulks = split([...documents]);
  const results = await Promise.all(bulks.map((bulk) => writeBulk(collection, bulk, projection)));
  const again = results.flatMap((result) => result.again);
  if (again.length > 0) await writeBatch(collection, again, projection);
  const contested = results.flatMap((result) => result.contested);
  await writeOneByOne(collection, contested, projection);
}

type Expiring = Pick<Projection<Identified>, 'expiry'>;

function split(documents: readonly FoldedDocument[]): FoldedDocument[][] {
  const bulks = Math.min(PARALLEL, Math.ceil(documents.length / SMALL));
  return Array.from({ length: bulks }, (_, bulk) => documents.filter((_document, at) => at % bulks === bulk));
}

interface BulkOutcome {
  /** Documents that were taken to be new and are not, or the other way round: as they are now known to be. */
  readonly again: readonly FoldedDocument[];
  /** Documents whose value of a unique index another one holds, perhaps one that this batch is about to change. */
  readonly contested: readonly FoldedDocument[];
}

async function writeBulk(
  collection: StoredCollection,
  documents: readonly FoldedDocument[],
  projection: Expiring,
): Promise<BulkOutcome> {
  try {
    const { matchedCount } = await collection.bulkWrite(documents.map(operation), { ordered: false });
    return { again: await missed(collection, documents, matchedCount, projection), contested: [] };
  } catch (error) {
    if (!(error instanceof mongoose.mongo.MongoBulkWriteError) || isUnavailable(error)) throw error;
    const failed = [error.writeErrors].flat().map(({ index, code, errmsg }) => {
      const document = documents[index];
      if (document === undefined) throw error;
      if (code !== DUPLICATE_KEY) throw new DocumentRefused(document.value._id, error);
      return { document, collided: !document.existed && isIdCollision(errmsg) };
    });
    const collided = failed.filter((one) => one.collided).map(({ document: { value } }) => value);
    const contested = failed.filter((one) => !one.collided).map(({ document }) => document);
    const others = documents.filter((document) => !contested.includes(document));
    const gone = await missed(collection, others, error.matchedCount, projection);
    return { again: [...collided.map((value) => ({ value, existed: true })), ...gone], contested };
  }
}

/**
 * Of documents of which some were to be replaced and were not there, those that are still to be written. Read once
 * more, since the server says how many it has met and not which, and a former holder may have inserted one meanwhile.
 *
 * @param matched how many of them were there
 * @throws CollectionLost when it is not for their expiry that they are gone
 */
async function missed(
  collection: StoredCollection,
  documents: readonly FoldedDocument[],
  matched: number,
  { expiry }: Expiring,
): Promise<FoldedDocument[]> {
  const replaced = documents.filter(({ existed }) => existed).map(({ value }) => value);
  if (matched >= replaced.length) return [];
  if (expiry === undefined) throw new CollectionLost(collection.collectionName);
  const stored = await readDocuments(
    collection,
    replaced.map(({ _id }) => _id),
  );
  return replaced
    .filter(({ _id, _seq }) => (stored.get(_id)?._seq ?? -1) < _seq)
    .map((value) => ({ value, existed: stored.has(value._id) }));
}

/** In the order of their last events, so that a value is given up before it is taken. */
async function writeOneByOne(
  collection: StoredCollection,
  documents: readonly FoldedDocument[],
  projection: Expiring,
): Promise<void> {
  for (const document of [...documents].sort((a, b) => a.value._seq - b.value._seq)) {
    try {
      const { matchedCount } = await collection.bulkWrite([operation(document)]);
      await writeBatch(
        collection,
        await missed(collection, [document], matchedCount, projection),
        projection,
      );
    } catch (error) {
      if (error instanceof mongoose.mongo.MongoBulkWriteError && error.code === DUPLICATE_KEY) {
        throw new DocumentRefused(document.value._id, error);
      }
      throw error;
    }
  }
}

/**
 * The guard stands in the update and not in the filter: found by `_id` alone, a document costs the server half of
 * what `{ _id, _seq: { $lt } }` does, which goes through the query planner every time; and a match then tells that
 * the document is there.
 */
function operation({ value, existed }: FoldedDocument): mongo.AnyBulkWriteOperation<StoredDocument> {
  if (!existed) return { insertOne: { document: value } };
  const newer = { $cond: [{ $lt: ['$_seq', value._seq] }, { $literal: value }, '$$ROOT'] };
  return { updateOne: { filter: { _id: value._id }, update: [{ $replaceWith: newer }] } };
}

/** The driver keeps of the server's answer the text alone: `E11000 duplicate key error collection: d.c index: _id_ dup key: ...` */
const isIdCollision = (text: string | undefined): boolean => text?.includes(' index: _id_ ') ?? true;
