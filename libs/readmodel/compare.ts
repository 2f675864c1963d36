import mongoose, { type mongo } from 'mongoose';
import { documentHash, SetHash } from './canonical-hash.ts';
import type { StoredCollection } from './collection.ts';
import { isTombstone, type StoredDocument } from './projection.ts';

/** What a comparison of a read model and its rebuild has found to be equal so far, and what it has not. */
export class Comparison {
  readonly live = new SetHash();
  readonly rebuilt = new SetHash();
  /** Ids of documents that are not equal: because they differ, or because one side has moved on. */
  readonly open = new Set<string>();

  /** Takes in both sides of one document. A deleted document is equal to one that never was. */
  add(id: string, live: StoredDocument | undefined, rebuilt: StoredDocument | undefined): void {
    const [one, other] = [hashOf(live), hashOf(rebuilt)];
    if (one === undefined && other === undefined) this.open.delete(id);
    else if (one !== undefined && other?.equals(one)) this.#take(id, one, other);
    else this.open.add(id);
  }

  /** Takes in a document that is the same on both sides. */
  addEqual(document: StoredDocument): void {
    const hash = hashOf(document);
    this.#take(document._id, hash, hash);
  }

  /** Takes in a document whose sides stay different. */
  addDifference(id: string, live: StoredDocument | undefined, rebuilt: StoredDocument | undefined): void {
    this.#take(id, hashOf(live), hashOf(rebuilt));
  }

  #take(id: string, live: Buffer | undefined, rebuilt: Buffer | undefined): void {
    this.open.delete(id);
    if (live !== undefined) this.live.add(live);
    if (rebuilt !== undefined) this.rebuilt.add(rebuilt);
  }
}

const hashOf = (document: StoredDocument | undefined): Buffer | undefined =>
  document === undefined || isTombstone(document) ? undefined : documentHash(document);

/** Compares two collections in one go over both, in the order of their ids. Either may be written to meanwhile. */
export async function compareCollections(
  live: StoredCollection,
  rebuilt: StoredCollection,
  comparison: Comparison,
  signal: AbortSignal,
): Promise<void> {
  const [lives, rebuilts] = [new RawDocuments(live), new RawDocuments(rebuilt)];
  try {
    let [one, other] = [await lives.next(), await rebuilts.next()];
    while (one !== undefined || other !== undefined) {
      signal.throwIfAborted();
      if (one !== undefined && other !== undefined && Buffer.compare(one, other) === 0) {
        comparison.addEqual(read(one));
        [one, other] = [await lives.next(), await rebuilts.next()];
        continue;
      }
      const [left, right] = [one && read(one), other && read(other)];
      const order = compareIds(left?._id, right?._id);
      const [taken, given] = [order <= 0 ? left : undefined, order >= 0 ? right : undefined];
      comparison.add((taken ?? given)?._id ?? '', taken, given);
      if (order <= 0) one = await lives.next();
      if (order >= 0) other = await rebuilts.next();
    }
  } finally {
    await Promise.all([lives.close(), rebuilts.close()]);
  }
}

const read = (document: Uint8Array): StoredDocument =>
  mongoose.mongo.BSON.deserialize(document) as StoredDocument;

/** MongoDB orders strings by their bytes in UTF-8; what is exhausted comes last. */
function compareIds(one: string | undefined, other: string | undefined): number {
  if (one === undefined) return 1;
  if (other === undefined) return -1;
  return one === other ? 0 : Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** The documents of a collection as bytes, in the order of their ids. */
class RawDocuments {
  readonly #cursor: mongo.FindCursor;
  #buffered: unknown[] = [];

  constructor(collection: StoredCollection) {
    this.#cursor = collection.find({}, { sort: { _id: 1 }, batchSize: 1000, raw: true });
  }

  async next(): Promise<Uint8Array | undefined> {
    if (this.#buffered.length === 0) {
      const first: unknown = await this.#cursor.next();
      if (first === null) return undefined;
      this.#buffered = [first, ...(this.#cursor.readBufferedDocuments() as unknown[])].reverse();
    }
    return this.#buffered.pop() as Uint8Array;
  }

  close(): Promise<void> {
    return this.#cursor.close();
  }
}
