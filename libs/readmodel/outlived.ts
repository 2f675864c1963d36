import type { EventLog } from '#eventing/event-log';
import { EVENTS_STREAM } from '#eventing/streams';
import { isTombstone, type Identified, type Projection, type StoredDocument } from './projection.ts';

/** Milliseconds before its expiry at which the first event of a document may be gone: clocks differ. */
const MARGIN_MS = 60_000;

/**
 * Whether a document that is not as its rebuild need not be, since the stream forgets: it has expired, or its last
 * event is gone, superseded or too old, before the rebuild came to it. A document that lacks an event that the rebuild
 * has is never excused.
 *
 * @param one of the read model
 * @param other of the rebuild
 */
export async function isOutlived(
  { one, other }: { readonly one: StoredDocument | undefined; readonly other: StoredDocument | undefined },
  { expiry }: Pick<Projection<Identified>, 'expiry'>,
  log: Pick<EventLog, 'stream' | 'at'>,
  now = Date.now(),
): Promise<boolean> {
  if (expiry !== undefined && hasExpired(other ?? one, expiry, now)) return true;
  if (log.stream === EVENTS_STREAM || one === undefined || (other?._seq ?? 0) >= one._seq) return false;
  return (await log.at(one._seq)) === undefined;
}

function hasExpired(document: StoredDocument | undefined, expiry: string, now: number): boolean {
  if (document === undefined || isTombstone(document)) return false;
  const at = (document as { readonly [field: string]: unknown } & StoredDocument)[expiry];
  return at instanceof Date && at.getTime() <= now + MARGIN_MS;
}
