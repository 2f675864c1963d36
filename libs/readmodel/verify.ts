import { Problem } from '#contracts/errors';
import type { EventLog } from '#eventing/event-log';
import { formatPosition } from '#eventing/position';
import { pause } from '#eventing/pause';
import { Checkpoints, type Checkpoint } from './checkpoint.ts';
import { readDocuments } from './collection.ts';
import { compareCollections, Comparison } from './compare.ts';
import type { Database } from './database.ts';
import { foldForward } from './fold-forward.ts';
import { createGeneration, dropGeneration, onGeneration } from './generation.ts';
import { runPass } from './pass.ts';
import { isOutlived } from './outlived.ts';
import {
  isTombstone,
  requireLogOf,
  type Identified,
  type Projection,
  type StoredDocument,
} from './projection.ts';

export interface VerifyOptions<Doc extends Identified> {
  readonly log: EventLog;
  readonly database: Database;
  readonly projection: Projection<Doc>;
  readonly signal: AbortSignal;
  /** Called as the log is folded, with positions that are behind and their number in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Verification {
  readonly projection: string;
  readonly equal: boolean;
  /** Documents of the read model that were compared. */
  readonly documents: number;
  /** Of the read model: the sum of its documents' canonical hashes, whatever their order. */
  readonly hash: string;
  readonly rebuiltHash: string;
  /** Where both were cut; a document that was changed behind it was compared as of its own last event. */
  readonly position: string;
  readonly differences: number;
  /** Documents that differ since they have expired or their last event is gone from the stream: no fault of theirs. */
  readonly outlived: number;
  /** The first ten. */
  readonly differing: readonly Difference[];
  readonly seconds: number;
}

export interface Difference {
  readonly id: string;
  /** As seen from the rebuild, which is right: the read model lacks it, should not have it, or has it otherwise. */
  readonly kind: 'missing' | 'unexpected' | 'different';
}

/** Milliseconds to wait for a projector that may not be running before differences are taken to stay. */
const CATCH_UP_MS = 10_000;
const POLL_MS = 100;
const CHUNK = 1000;

/**
 * Proves that a read model is what the log says: folds the log into a scratch collection up to the read model's
 * checkpoint, and compares the two. The read model is used and written on all the while.
 *
 * At the cut, every document of the read model that was not touched since must equal its rebuild. One that has been
 * touched since carries the sequence of its last event, so its rebuild is folded on to exactly that event, and the
 * two are compared there: however busy the log is, no document is compared across time, and none is left out. What
 * differs then is looked at again when the projector has caught up, because an erasure in between takes answers out
 * of the rebuild before it takes them out of the read model.
 *
 * Where the stream forgets, what the rebuild can't know is told apart from differences: see {@link isOutlived}.
 *
 * @throws Problem `read_model_not_ready` when there is none of this version and epoch, or when it is swapped meanwhile
 */
export async function verify<Doc extends Identified>(options: VerifyOptions<Doc>): Promise<Verification> {
  const { log, database, projection, signal, onProgress } = options;
  requireLogOf(projection, log);
  const started = performance.now();
  const checkpoints = new Checkpoints(database);
  const live = await requireLive(checkpoints, options);
  const scratch = await createGeneration(database, checkpoints, projection, {
    epoch: log.epoch,
    token: 0,
    state: 'scratch',
  });
  try {
    await runPass({
      log,
      projection,
      after: 0,
      until: live.seq,
      signal,
      onDocuments: (operation) => onGeneration(database, scratch, operation),
      async onStep({ seq }) {
        await checkpoints.advance(scratch, { seq, asOf: new Date() });
        onProgress?.(seq, live.seq);
      },
    });
    signal.throwIfAborted();
    const { comparison, differing, outlived } = await compare(options, checkpoints, live, scratch);
    await requireLive(checkpoints, options, live);
    return {
      projection: projection.name,
      equal: differing.length === 0,
      documents: comparison.live.count,
      hash: comparison.live.toString(),
      rebuiltHash: comparison.rebuilt.toString(),
      position: formatPosition(log.epoch, live.seq),
      differences: differing.length,
      outlived,
      differing: differing.slice(0, 10),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await dropGeneration(database, checkpoints, scratch);
  }
}

async function compare<Doc extends Identified>(
  options: VerifyOptions<Doc>,
  checkpoints: Checkpoints,
  live: Checkpoint,
  scratch: Checkpoint,
): Promise<{ comparison: Comparison; differing: readonly Difference[]; outlived: number }> {
  const { database, signal, log, projection } = options;
  const comparison = new Comparison();
  await onGeneration(database, live, (one) =>
    onGeneration(database, scratch, (other) => compareCollections(one, other, comparison, signal)),
  );
  if (comparison.open.size > 0) await settle(options, live, scratch, comparison);
  if (comparison.open.size === 0) return { comparison, differing: [], outlived: 0 };
  await caughtUp(options, checkpoints, live);
  const pairs = await settle(options, live, scratch, comparison);
  const unequal = pairs.filter(({ id }) => comparison.open.has(id));
  const differing: Pair[] = [];
  for (const pair of unequal) if (!(await isOutlived(pair, projection, log))) differing.push(pair);
  for (const { id, one, other } of differing) comparison.addDifference(id, one, other);
  return {
    comparison,
    differing: differing.map(({ id, one, other }) => ({ id, kind: kindOf(one, other) })),
    outlived: unequal.length - differing.length,
  };
}

interface Pair {
  readonly id: string;
  readonly one: StoredDocument | undefined;
  readonly other: StoredDocument | undefined;
}

/** Compares what is open once more, each document as of the last event that the read model's side holds. */
async function settle<Doc extends Identified>(
  { log, database, projection, signal }: VerifyOptions<Doc>,
  live: Checkpoint,
  scratch: Checkpoint,
  comparison: Comparison,
): Promise<Pair[]> {
  const open = [...comparison.open].sort();
  const [ones, others] = [new Map<string, StoredDocument>(), new Map<string, StoredDocument>()];
  for (let from = 0; from < open.length; from += CHUNK) {
    const chunk = open.slice(from, from + CHUNK);
    for (const [id, document] of await onGeneration(database, live, (collection) =>
      readDocuments(collection, chunk),
    ))
      ones.set(id, document);
    for (const [id, document] of await onGeneration(database, scratch, (collection) =>
      readDocuments(collection, chunk),
    ))
      others.set(id, document);
  }
  const targets = new Map([...ones].map(([id, { _seq }]) => [id, _seq]));
  await foldForward(log, projection, live.seq, others, targets, signal);
  const pairs = open.map((id) => ({ id, one: ones.get(id), other: others.get(id) }));
  for (const { id, one, other } of pairs) comparison.add(id, one, other);
  return pairs;
}

function kindOf(one: StoredDocument | undefined, other: StoredDocument | undefined): Difference['kind'] {
  if (one === undefined || isTombstone(one)) return 'missing';
  return other === undefined || isTombstone(other) ? 'unexpected' : 'different';
}

async function caughtUp<Doc extends Identified>(
  { log, projection, signal }: VerifyOptions<Doc>,
  checkpoints: Checkpoints,
  live: Checkpoint,
): Promise<void> {
  const end = await log.lastSeq();
  const deadline = performance.now() + CATCH_UP_MS;
  while (performance.now() < deadline) {
    const { seq } = (await checkpoints.find(projection.name, live.generation)) ?? live;
    if (!(await log.hasPending(projection.filters, seq, end))) return;
    await pause(POLL_MS, signal);
    signal.throwIfAborted();
  }
}

/** @param same the generation that must still be the one that is read */
async function requireLive<Doc extends Identified>(
  checkpoints: Checkpoints,
  { log, projection: { name, version } }: VerifyOptions<Doc>,
  same?: Checkpoint,
): Promise<Checkpoint> {
  const active = (await checkpoints.pointer(name))?.active ?? null;
  const checkpoint = active === null ? null : await checkpoints.find(name, active);
  if (checkpoint === null) throw new Problem('read_model_not_ready', `${name} has no read model yet`);
  if (same !== undefined && checkpoint.generation !== same.generation)
    throw new Problem('read_model_not_ready', `${name} was swapped meanwhile; verify it again`);
  if (checkpoint.version !== version || checkpoint.epoch !== log.epoch) {
    throw new Problem(
      'read_model_not_ready',
      `the read model of ${name} is being built anew (version ${checkpoint.version}, epoch ${checkpoint.epoch})`,
    );
  }
  return checkpoint;
}
