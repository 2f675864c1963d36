import type { StoredEvent } from '#eventing/stored-event';
import type { FoldFailure } from './batch-fold.ts';
import { relevanceOf, type Identified, type Projection } from './projection.ts';

export interface SelectedEvents {
  /** Those to be folded, in order. */
  readonly events: readonly StoredEvent[];
  /** Of their documents. */
  readonly ids: ReadonlySet<string>;
  /** The first event that the projection does not know how to fold; nothing behind it is selected. */
  readonly failure: FoldFailure | undefined;
}

/** What of a batch concerns a projection, up to a sequence. Pure. */
export function selectEvents(
  projection: Pick<Projection<Identified>, 'types' | 'documentId'>,
  batch: readonly StoredEvent[],
  until = Infinity,
): SelectedEvents {
  const relevance = relevanceOf(projection);
  const events: StoredEvent[] = [];
  const ids = new Set<string>();
  for (const event of batch) {
    if (event.seq > until) break;
    try {
      switch (relevance(event.type)) {
        case 'ignored':
          continue;
        case 'unknown version':
          throw new Error('this version of the type is not known here');
        case 'folded':
          ids.add(projection.documentId(event));
          events.push(event);
      }
    } catch (cause) {
      return { events, ids, failure: { event, cause } };
    }
  }
  return { events, ids, failure: undefined };
}
