import type { StoredEvent } from '#eventing/stored-event';
import { isTombstone, type Identified, type Projection, type StoredDocument } from './projection.ts';

/** What a batch makes of one document. */
export interface FoldedDocument {
  readonly value: StoredDocument;
  /** Whether a document of this id, or its tombstone, was there before: it is replaced rather than inserted. */
  readonly existed: boolean;
}

export interface FoldFailure {
  readonly event: StoredEvent;
  readonly cause: unknown;
}

export interface FoldedBatch {
  /** What must be written, by id; documents that the batch leaves as they were are not in it. */
  readonly documents: ReadonlyMap<string, FoldedDocument>;
  /** The first event that could not be folded; those before it are folded, it and those after it are not. */
  readonly failure: FoldFailure | undefined;
}

/**
 * Folds events, in the order of the log, onto the documents as they are stored. Pure.
 *
 * An event at or below its document's `_seq` is in it already (a batch that is replayed after a crash, wholly or
 * half written) and is passed over, so any cut of the log into batches gives the same documents.
 *
 * @param known the stored documents, tombstones included, of the ids in this batch; an id that is absent is new
 * @param inspect sees every document that the fold gives, and fails the event by throwing
 */
export function foldBatch(
  projection: Pick<Projection<Identified>, 'documentId' | 'fold'>,
  events: readonly StoredEvent[],
  known: ReadonlyMap<string, StoredDocument>,
  inspect?: (document: StoredDocument) => void,
): FoldedBatch {
  const documents = new Map<string, FoldedDocument>();
  for (const event of events) {
    try {
      const id = projection.documentId(event);
      const stored = known.get(id);
      const before = documents.get(id)?.value ?? stored;
      if (before !== undefined && event.seq <= before._seq) continue;
      const after = foldOne(projection, id, before, event);
      if (after === undefined) continue;
      inspect?.(after);
      documents.set(id, { value: after, existed: stored !== undefined });
    } catch (cause) {
      return { documents, failure: { event, cause } };
    }
  }
  return { documents, failure: undefined };
}

function foldOne(
  projection: Pick<Projection<Identified>, 'fold'>,
  id: string,
  before: StoredDocument | undefined,
  event: StoredEvent,
): StoredDocument | undefined {
  const live = before === undefined || isTombstone(before) ? undefined : before;
  const after = projection.fold(live, event);
  if (after === undefined)
    return before === undefined ? undefined : { _id: id, _seq: event.seq, _deleted: true };
  if (after._id !== id) throw new Error(`the fold gave document ${after._id} for an event of document ${id}`);
  return { ...after, _seq: event.seq };
}
