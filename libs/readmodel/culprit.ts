import mongoose from 'mongoose';
import type { StoredEvent } from '#eventing/stored-event';
import { foldBatch, type FoldFailure } from './batch-fold.ts';
import { DocumentRefused } from './batch-write.ts';
import type { Identified, Projection, StoredDocument } from './projection.ts';

/** MongoDB's limit, less what an update needs around the document. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024 - 16 * 1024;

/**
 * The event of a batch whose document MongoDB will not have: too large, not storable, or refused by the server.
 * Undefined when it is not the documents that the write failed for.
 */
export function findCulprit(
  error: unknown,
  projection: Projection<Identified>,
  events: readonly StoredEvent[],
  known: ReadonlyMap<string, StoredDocument>,
): FoldFailure | undefined {
  const { failure } = foldBatch(projection, events, known, requireStorable);
  if (failure !== undefined || !(error instanceof DocumentRefused)) return failure;
  const event = events.find((candidate) => projection.documentId(candidate) === error.id);
  return event === undefined ? undefined : { event, cause: error };
}

function requireStorable(document: StoredDocument): void {
  const bytes = mongoose.mongo.BSON.calculateObjectSize(document, { ignoreUndefined: true });
  if (bytes > MAX_DOCUMENT_BYTES)
    throw new Error(`document ${document._id} would have ${bytes} bytes, over the limit of 16 MB`);
  mongoose.mongo.BSON.serialize(document, { ignoreUndefined: true });
}
