import { randomUUID } from 'node:crypto';
import { Problem } from '#contracts/errors';
import { pause } from '#eventing/pause';
import { Checkpoints } from './checkpoint.ts';
import type { Database } from './database.ts';
import type { Identified, Projection } from './projection.ts';

export interface RebuildOptions {
  readonly database: Database;
  readonly projection: Pick<Projection<Identified>, 'name'>;
  /** Ends the waiting; the request stands. */
  readonly signal: AbortSignal;
  /** Called as the log is folded, with the position that is behind. */
  readonly onProgress?: (seq: number) => void;
}

export interface Rebuilt {
  readonly projection: string;
  /** The generation that is read now. */
  readonly generation: string;
  /** The one that was read before. */
  readonly before: string | null;
  readonly seconds: number;
}

const POLL_MS = 250;

/**
 * Asks the process that writes the projection to build it anew beside what is read, and waits until the two are
 * swapped. Readers notice nothing. One request is there at a time: a later one takes the place of this one, and what
 * comes of it is waited for.
 *
 * @throws Problem `read_model_not_ready` when the rebuild was given up (the writing process logs why); the signal's reason
 */
export async function rebuild({
  database,
  projection: { name },
  signal,
  onProgress,
}: RebuildOptions): Promise<Rebuilt> {
  const checkpoints = new Checkpoints(database);
  const started = performance.now();
  const before = (await checkpoints.pointer(name))?.active ?? null;
  let request: string = randomUUID();
  await checkpoints.request(name, request);
  for (;;) {
    const pointer = await checkpoints.pointer(name);
    if (pointer?.rebuild !== request) {
      const generation = pointer?.active ?? null;
      if (generation !== null && generation !== before)
        return { projection: name, generation, before, seconds: (performance.now() - started) / 1000 };
      if (!pointer?.rebuild)
        throw new Problem(
          'read_model_not_ready',
          `the rebuild of ${name} was given up; its projector logs why`,
        );
      request = pointer.rebuild;
    }
    if (onProgress) {
      const building = (await checkpoints.all(name)).find(({ state }) => state === 'building');
      if (building) onProgress(building.seq);
    }
    await pause(POLL_MS, signal);
    signal.throwIfAborted();
  }
}
