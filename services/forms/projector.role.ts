import type { EventLog } from '#eventing/event-log';
import { runProjectors, type ProjectorsOptions } from '#readmodel/run-projectors';
import { PROJECTIONS } from './forms.module.ts';

export interface ProjectorDependencies extends ProjectorsOptions {
  readonly log: EventLog;
}

/** The role `projector`: keeps the read models, or stands by to do so. */
export function startProjectors({ log, ...shared }: ProjectorDependencies): { stop(): Promise<void> } {
  return runProjectors(
    PROJECTIONS.map((projection) => ({ projection, log })),
    shared,
  );
}
