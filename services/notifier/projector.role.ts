import type { Database } from '#readmodel/database';
import { runProjectors } from '#readmodel/run-projectors';
import type { Readiness } from '#service/readiness';
import type { Parts } from './notifier.parts.ts';
import { keptProjections } from './notifier.projections.ts';

export interface ProjectorDependencies {
  readonly parts: Pick<Parts, 'bus' | 'log' | 'records' | 'logger'>;
  readonly database: Database;
  readonly readiness: Readiness;
}

/** The role `projector`: keeps the read models, or stands by to do so. */
export function startProjectors({ parts, database, readiness }: ProjectorDependencies): {
  stop(): Promise<void>;
} {
  const { bus, logger } = parts;
  return runProjectors(keptProjections(parts), { bus, database, logger, readiness });
}
