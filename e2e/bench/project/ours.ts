import { setTimeout as delay } from 'node:timers/promises';
import type mongoose from 'mongoose';
import { parsePosition } from '#eventing/position';
import { connectDatabase } from '#readmodel/database';
import { Projector } from '#readmodel/projector';
import { ReadModel } from '#readmodel/read-model';
import {
  submissionsProjection,
  type SubmissionDocument,
} from '#services/forms/submission/submission.projection';
import type { BenchLog } from '../log/bench-log.ts';

const POLL_MS = 5;

export interface Rebuilt {
  readonly seconds: number;
  /** The documents as readers get them; valid until `close`. */
  readonly collection: mongoose.mongo.Collection<SubmissionDocument>;
  close(): Promise<void>;
}

/**
 * Builds the read model as a forms service does that finds an empty database: from the start of its projector to the
 * moment when everything is durable, checkpointed and read by queries.
 */
export async function rebuildOurs(
  bench: BenchLog,
  { uri, name }: { uri: string; name: string },
  lastSeq: number,
  signal: AbortSignal,
): Promise<Rebuilt> {
  const { bus, logger } = bench;
  const { log } = bench.open();
  const database = connectDatabase({ uri, name, logger });
  await database.whenAvailable(signal);
  const projector = new Projector({ bus, log, database, projection: submissionsProjection, logger });
  const model = new ReadModel<SubmissionDocument>({ bus, log, database, projection: submissionsProjection });
  const close = async (): Promise<void> => {
    model.close();
    await projector.stop();
    await database.close();
  };
  try {
    const began = performance.now();
    projector.start();
    for (;;) {
      const { state, position, reason } = projector.status();
      if (state === 'halted') throw new Error(`the projection halted: ${reason ?? 'no reason given'}`);
      if (state === 'live' && position !== undefined && parsePosition(position, log.epoch) >= lastSeq) break;
      await delay(POLL_MS, undefined, { signal });
    }
    const seconds = (performance.now() - began) / 1000;
    return { seconds, collection: (await model.collection()) as never, close };
  } catch (error) {
    await close();
    throw error;
  }
}
