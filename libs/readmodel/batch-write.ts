import mongoose, { type mongo } from 'mongoose';
import type { FoldedDocument } from './batch-fold.ts';
import { CollectionLost, type StoredCollection } from './collection.ts';
import { isUnavailable } from './database-error.ts';
import type { StoredDocument } from './projection.ts';

/** Bulks under way at once; one more than a journal flush takes to gather brings nothing. */
const PARALLEL = 4;

/** Operations in a bulk below which another one is not worth its round trip. */
const SMALL = 50;

const DUPLICATE_KEY = 11000;

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
 * @throws DocumentRefused, or CollectionLost when a document is gone that was there when it was read
 */
export async function writeBatch(
  collection: StoredCollection,
  documents: Iterable<FoldedDocument>,
): Promise<void> {
  const results = await Promise.all(split([...documents]).map((bulk) => writeBulk(collection, bulk)));
  const collided = results.flatMap((result) => result.collided);
  if (collided.length > 0)
    await writeBatch(
      collection,
      collided.map(({ value }) => ({ value, existed: true })),
    );
  await writeOneByOne(
    collection,
    results.flatMap((result) => result.contested),
  );
}

function split(documents: readonly FoldedDocument[]): FoldedDocument[][] {
  const bulks = Math.min(PARALLEL, Math.ceil(documents.length / SMALL));
  return Array.from({ length: bulks }, (_, bulk) => documents.filter((_document, at) => at % bulks === bulk));
}

interface BulkOutcome {
  /** Documents that were taken to be new and are not. */
  readonly collided: readonly FoldedDocument[];
  /** Documents whose value of a unique index another one holds, perhaps one that this batch is about to change. */
  readonly contested: readonly FoldedDocument[];
}

async function writeBulk(
  collection: StoredCollection,
  documents: readonly FoldedDocument[],
): Promise<BulkOutcome> {
  try {
    const { matchedCount } = await collection.bulkWrite(documents.map(operation), { ordered: false });
    requireAll(collection, documents, matchedCount);
    return { collided: [], contested: [] };
  } catch (error) {
    if (!(error instanceof mongoose.mongo.MongoBulkWriteError) || isUnavailable(error)) throw error;
    const failed = [error.writeErrors].flat().map(({ index, code, errmsg }) => {
      const document = documents[index];
      if (document === undefined) throw error;
      if (code !== DUPLICATE_KEY) throw new DocumentRefused(document.value._id, error);
      return { document, collided: !document.existed && isIdCollision(errmsg) };
    });
    const contested = failed.filter(({ collided }) => !collided).map(({ document }) => document);
    requireAll(
      collection,
      documents.filter((document) => !contested.includes(document)),
      error.matchedCount,
    );
    return { collided: failed.filter(({ collided }) => collided).map(({ document }) => document), contested };
  }
}

function requireAll(
  collection: StoredCollection,
  documents: readonly FoldedDocument[],
  matched: number,
): void {
  const replaced = documents.reduce((count, { existed }) => count + Number(existed), 0);
  if (matched < replaced) throw new CollectionLost(collection.collectionName);
}

/** In the order of their last events, so that a value is given up before it is taken. */
async function writeOneByOne(
  collection: StoredCollection,
  documents: readonly FoldedDocument[],
): Promise<void> {
  for (const document of [...documents].sort((a, b) => a.value._seq - b.value._seq)) {
    try {
      await collection.bulkWrite([operation(document)]);
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
