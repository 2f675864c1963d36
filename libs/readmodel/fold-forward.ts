import type { EventLog } from '#eventing/event-log';
import { foldBatch } from './batch-fold.ts';
import { ProjectionHalted } from './halt.ts';
import { followedBy, type Identified, type Projection, type StoredDocument } from './projection.ts';
import { selectEvents } from './select-events.ts';

/**
 * Folds some documents from one sequence on, each up to a sequence of its own, in memory.
 *
 * @param documents as they are after `after`; changed in place
 * @param targets the sequence up to which each is wanted
 */
export async function foldForward(
  log: Pick<EventLog, 'follow'>,
  projection: Projection<Identified>,
  after: number,
  documents: Map<string, StoredDocument>,
  targets: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const until = Math.max(after, ...targets.values());
  if (until === after) return;
  for await (const batch of log.follow({ ...followedBy(projection), after, signal })) {
    const selected = selectEvents(projection, batch.events, until);
    const wanted = selected.events.filter(
      (event) => event.seq <= (targets.get(projection.documentId(event)) ?? 0),
    );
    const { documents: folded, failure = selected.failure } = foldBatch(projection, wanted, documents);
    if (failure !== undefined) throw new ProjectionHalted(failure.event, failure.cause);
    for (const [id, { value }] of folded) documents.set(id, value);
    if (batch.lastSeq >= until || batch.pending === 0) return;
  }
  signal.throwIfAborted();
}
