import { EVENTS } from '#contracts/catalog';
import { families } from '#contracts/subjects';
import type { EventLog } from '#eventing/event-log';
import type { StoredEvent } from '#eventing/stored-event';
import { EVENTS_STREAM, type LogStream } from '#eventing/streams';

/** What every document of a read model has. */
export interface Identified {
  readonly _id: string;
}

/**
 * A fold of events into documents, one collection a projection. All of it is pure: the same events give the same
 * documents, in batches or one by one, today or in a rebuild.
 */
export interface Projection<Doc extends Identified> {
  /** One token: the prefix of its collections, the name of its lease, the last token of its notices' subject. */
  readonly name: string;
  /** Raised with every change of the fold or the indexes: the next start builds beside the old one and swaps. */
  readonly version: number;
  /**
   * Where its events lie, EVENTS by default. A stream of records forgets: it drops what is old or superseded, without
   * asking. So a fold over one gives, from what the stream still holds, the same document as from everything: each
   * event is the whole of its document, or the document expires no later than the first of its events is dropped. And
   * it takes any event for the first one.
   */
  readonly stream?: LogStream;
  /**
   * A field of its documents that holds a `Date`: documents are removed after it, without an event, and within a
   * minute unless they are very many.
   */
  readonly expiry?: string;
  /** Subjects of the events that it reads. */
  readonly filters: readonly string[];
  /** Full types that it folds, `formbus.form.created.v1`; all others on its subjects are none of its business. */
  readonly types: readonly string[];
  readonly indexes: readonly ProjectionIndex[];
  /** Which document the event belongs to; several aggregates may share one. */
  documentId(event: StoredEvent): string;
  /**
   * The document after the event; undefined deletes it. It neither changes its arguments nor looks elsewhere, and
   * what it throws halts the projection at this event.
   */
  fold(document: Doc | undefined, event: StoredEvent): Doc | undefined;
}

/** A projection with the log that it folds, as the service that keeps it lists them. */
export interface KeptProjection {
  readonly projection: Projection<Identified>;
  readonly log: EventLog;
}

export interface ProjectionIndex {
  readonly key: Readonly<Record<string, 1 | -1>>;
  readonly name: string;
  readonly unique?: boolean;
}

/** A document as it lies in MongoDB: with the sequence of the last event that it holds. */
export type Stored<Doc> = Doc & { readonly _seq: number };

/**
 * What stays of a deleted document: its id and the event that deleted it. Without it, a former holder of the
 * lease that wakes up in the middle of a write could insert the document again, and no guard would notice.
 */
export interface Tombstone extends Identified {
  readonly _seq: number;
  readonly _deleted: true;
}

export type StoredDocument = Stored<Identified> | Tombstone;

export const isTombstone = (document: StoredDocument): document is Tombstone => '_deleted' in document;

export const streamOf = ({ stream = EVENTS_STREAM }: Pick<Projection<never>, 'stream'>): LogStream => stream;

/** @throws RangeError when the log is not the one that the projection folds */
export function requireLogOf(
  projection: Pick<Projection<never>, 'name' | 'stream'>,
  { stream }: Pick<EventLog, 'stream'>,
): void {
  const wanted = streamOf(projection);
  if (stream !== wanted)
    throw new RangeError(`the projection ${projection.name} folds ${wanted}, not ${stream}`);
}

/**
 * What a reader of the log follows for a projection: the subjects of its events, and, if sealed ones are among them,
 * those of data keys, so that each key passes by before its events instead of being fetched for them. Keys lie beside
 * events alone: no record is sealed.
 */
export function followedBy(projection: Pick<Projection<Identified>, 'filters' | 'types' | 'stream'>): {
  readonly filters: readonly string[];
  readonly types: readonly string[];
  readonly maxBatch: number;
} {
  const { filters, types } = projection;
  const names = new Set(types.map(withoutVersion));
  const sealed = EVENTS.some((definition) => definition.sealed.length > 0 && names.has(definition.name));
  if (!sealed || streamOf(projection) !== EVENTS_STREAM) return { filters, types, maxBatch: MAX_EVENTS };
  return { filters: [...filters, families.keys], types, maxBatch: 2 * MAX_EVENTS };
}

/** Events in a batch: more would hold the event loop for longer and bring little. A key may lie beside each. */
const MAX_EVENTS = 1000;

export type Relevance = 'folded' | 'ignored' | 'unknown version';

/**
 * What a type is to a projection. Another version of a type that it folds is not ignored: its events would be
 * lost to the documents.
 */
export function relevanceOf(projection: Pick<Projection<Identified>, 'types'>): (type: string) => Relevance {
  const types = new Set(projection.types);
  const names = new Set(projection.types.map(withoutVersion));
  return (type) => {
    if (types.has(type)) return 'folded';
    return names.has(withoutVersion(type)) ? 'unknown version' : 'ignored';
  };
}

const withoutVersion = (type: string): string => type.replace(/\.v\d+$/, '');
