import type { Logger } from 'pino';
import type { z } from 'zod';
import type { TaskDefinition } from '#contracts/task';
import type { TaskProgress } from '#contracts/task/task.records';

/** What a handler is told beside the payload. */
export interface TaskContext {
  readonly id: string;
  /** 1 at first. */
  readonly attempt: number;
  /** Whether a failure of this attempt would be the last one. */
  readonly last: boolean;
  /** Aborts when the time is over, the task is cancelled, or the process stops: stop soon, leave nothing half done. */
  readonly signal: AbortSignal;
  readonly actor: string;
  readonly correlation: string;
  readonly logger: Logger;
  /** What was recorded before: of a tracked kind, where an earlier attempt got to. */
  readonly resume: string | null;
  /** Tells callers how far it is, and the next attempt where to go on; of no effect where the kind is not tracked. */
  readonly progress: (progress: Partial<TaskProgress>) => void;
}

/**
 * Does one task. It may be called again after it has returned, or while an earlier call still goes on elsewhere: its
 * effect must be the same. Throws `Permanent` when trying again is of no use, `Deferred` for a later time that is no
 * failure, or to let others have its room; every other error is tried again by the kind's table.
 */
export type TaskHandler<Payload, Result> = (payload: Payload, context: TaskContext) => Promise<Result>;

/** A kind of task and who does it, as services list them. */
export interface HandledTask {
  readonly definition: TaskDefinition;
  readonly run: TaskHandler<unknown, unknown>;
}

/** Pairs a kind with its handler, typed by it. */
export function handle<Payload extends z.ZodObject, Result extends z.ZodType>(
  definition: TaskDefinition & { readonly payload: Payload; readonly result?: Result },
  run: TaskHandler<z.infer<Payload>, z.infer<Result> | void>,
): HandledTask {
  return { definition, run: run as TaskHandler<unknown, unknown> };
}
