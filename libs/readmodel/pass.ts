import type { EventLog, LogBatch } from '#eventing/event-log';
import { formatPosition } from '#eventing/position';
import { UndecodableEvent, type StoredEvent } from '#eventing/stored-event';
import { foldBatch, type FoldFailure } from './batch-fold.ts';
import { writeBatch } from './batch-write.ts';
import { CollectionLost, readDocuments, type StoredCollection } from './collection.ts';
import { findCulprit } from './culprit.ts';
import { isUnavailable } from './database-error.ts';
import { ProjectionHalted } from './halt.ts';
import { projectionMetrics } from './metrics.ts';
import type { Step } from './progress.ts';
import { followedBy, type Identified, type Projection, type StoredDocument } from './projection.ts';
import { selectEvents } from './select-events.ts';

export interface PassOptions {
  readonly log: Pick<EventLog, 'epoch' | 'follow'>;
  readonly projection: Projection<Identified>;
  /** Everything up to here is in the documents. */
  readonly after: number;
  /** The last sequence to fold; without it the pass follows the log until the signal is aborted. */
  readonly until?: number;
  readonly signal: AbortSignal;
  /** Runs an operation on the documents. */
  readonly onDocuments: <T>(operation: (collection: StoredCollection) => Promise<T>) => Promise<T>;
  /** Called when everything up to a sequence is durable, and once at the end of a log that holds nothing to fold. */
  readonly onStep: (step: Step) => Promise<void>;
}

/**
 * Reads the log in order and folds it into one collection, batch by batch: read the documents, fold, write, step.
 * While one batch is being written, the next one is folded on top of it.
 *
 * It ends when the signal is aborted, with the batch in hand written, or when it has come to `until`. After any
 * failure it may be run again from its last step.
 *
 * @throws ProjectionHalted when everything before an event that cannot be handled is durable and stepped
 */
export async function runPass(options: PassOptions): Promise<void> {
  const { log, projection, after, until, signal } = options;
  const pass = new Pass(options);
  try {
    for await (const batch of log.follow({ ...followedBy(projection), after, signal })) {
      await pass.take(batch);
      if (signal.aborted || (until !== undefined && (batch.lastSeq >= until || batch.pending === 0))) break;
    }
  } catch (error) {
    await pass.settled();
    throw error instanceof UndecodableEvent ? haltedAt(error, log.epoch) : error;
  }
  await pass.settled();
}

interface Batch {
  readonly events: readonly StoredEvent[];
  readonly known: ReadonlyMap<string, StoredDocument>;
  readonly step: Step;
  readonly started: number;
}

class Pass {
  readonly #options: PassOptions;
  /** What the write under way makes of its documents: newer than what is stored. */
  #recent: ReadonlyMap<string, StoredDocument> = new Map();
  #writing: Promise<void> = Promise.resolve();

  constructor(options: PassOptions) {
    this.#options = options;
  }

  /** Resolves while the batch is still being written, unless nothing comes after it. */
  async take({ events: given, lastSeq, pending }: LogBatch): Promise<void> {
    const started = performance.now();
    const { projection, until = Infinity } = this.#options;
    const { events, ids, failure: unhandled } = selectEvents(projection, given, until);
    const known = await this.#read(ids);
    const { documents, failure = unhandled } = foldBatch(projection, events, known);
    await this.#writing;
    const seq = failure === undefined ? Math.min(lastSeq, until) : failure.event.seq - 1;
    const step = stepTo(seq, given, pending);
    this.#recent = new Map([...documents].map(([id, { value }]) => [id, value]));
    this.#writing = this.#write({ events, known, step, started }, documents).then(() => {
      this.#recent = new Map();
    });
    this.#writing.catch(() => undefined); // Whoever waits for it next gets to know.
    if (failure !== undefined || pending === 0) await this.#writing;
    if (failure !== undefined) throw new ProjectionHalted(failure.event, failure.cause);
  }

  settled(): Promise<void> {
    return this.#writing;
  }

  async #read(ids: ReadonlySet<string>): Promise<Map<string, StoredDocument>> {
    const recent = this.#recent; // Even if the write ends in the meantime: what is read below is without its documents.
    const stored = [...ids].filter((id) => !recent.has(id));
    const known =
      stored.length === 0
        ? new Map<string, StoredDocument>()
        : await this.#options.onDocuments((collection) => readDocuments(collection, stored));
    for (const id of ids) {
      const document = recent.get(id);
      if (document !== undefined) known.set(id, document);
    }
    return known;
  }

  async #write(batch: Batch, documents: ReturnType<typeof foldBatch>['documents']): Promise<void> {
    const { projection, onDocuments, onStep } = this.#options;
    try {
      if (documents.size > 0)
        await onDocuments((collection) => writeBatch(collection, documents.values(), projection));
    } catch (error) {
      if (isUnavailable(error) || error instanceof CollectionLost) throw error;
      const culprit = findCulprit(error, projection, batch.events, batch.known);
      if (culprit === undefined) throw error;
      await this.#writeBefore(culprit, batch);
      throw new ProjectionHalted(culprit.event, culprit.cause);
    }
    await onStep(batch.step);
    projectionMetrics.events.inc({ projection: projection.name }, batch.events.length);
    projectionMetrics.batchSeconds.observe(
      { projection: projection.name },
      (performance.now() - batch.started) / 1000,
    );
  }

  /** Some of the batch's documents may hold later events already; the guard leaves those as they are. */
  async #writeBefore({ event }: FoldFailure, { events, known, step }: Batch): Promise<void> {
    const { projection, onDocuments, onStep } = this.#options;
    const before = events.filter(({ seq }) => seq < event.seq);
    const { documents } = foldBatch(projection, before, known);
    await onDocuments((collection) => writeBatch(collection, documents.values(), projection));
    await onStep(stepTo(event.seq - 1, events, step.pending));
  }
}

function stepTo(seq: number, given: readonly StoredEvent[], pending: number): Step {
  const behind = given.filter((event) => event.seq > seq).length;
  const eventTime = Date.parse(given.at(-1 - behind)?.time ?? '');
  return { seq, pending: pending + behind, ...(Number.isFinite(eventTime) && { eventTime }) };
}

function haltedAt(error: UndecodableEvent, epoch: string): ProjectionHalted {
  const { seq, subject, id = 'without id', type = 'without type' } = error;
  return new ProjectionHalted({ seq, position: formatPosition(epoch, seq), subject, id, type }, error);
}
