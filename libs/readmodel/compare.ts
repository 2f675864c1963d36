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
  const [lives, rebuilts] = [live, rebuilt].map(inOrder) as [Documents, Documents];
  try {
    let [one, other] = [await next(lives), await next(rebuilts)];
    while (one !== undefined || other !== undefined) {
      signal.throwIfAborted();
      const order = compareIds(one, other);
      const id = (order <= 0 ? one : other)?._id ?? '';
      comparison.add(id, order <= 0 ? one : undefined, order >= 0 ? other : undefined);
      if (order <= 0) one = await next(lives);
      if (order >= 0) other = await next(rebuilts);
    }
  } finally {
    await Promise.all([lives.close(), rebuilts.close()]);
  }
}

type Documents = ReturnType<typeof inOrder>;

const inOrder = (collection: StoredCollection) => collection.find({}, { sort: { _id: 1 }, batchSize: 1000 });

const next = async (documents: Documents): Promise<StoredDocument | undefined> =>
  ((await documents.next()) as StoredDocument | undefined) ?? undefined;

/** MongoDB orders strings by their bytes in UTF-8; what is exhausted comes last. */
function compareIds(one: StoredDocument | undefined, other: StoredDocument | undefined): number {
  if (one === undefined) return 1;
  if (other === undefined) return -1;
  return one._id === other._id ? 0 : Buffer.compare(Buffer.from(one._id), Buffer.from(other._id));
}
