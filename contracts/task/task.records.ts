import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { TIERS } from '../task.ts';

export const TASK_STATES = ['queued', 'running', 'retrying', 'succeeded', 'failed', 'cancelled'] as const;
export const TaskState = z.enum(TASK_STATES);
export type TaskState = z.infer<typeof TaskState>;

/** States after which nothing more happens to a task. */
export const TASK_ENDS: ReadonlySet<TaskState> = new Set(['succeeded', 'failed', 'cancelled']);

export const TaskProgress = z.object({
  done: z.int().nonnegative(),
  /** What `done` will be at the end, as far as it is known. */
  total: z.int().nonnegative().nullable(),
  /** For people: what is being done. */
  note: z.string().max(500).nullable(),
  /** For the handler's next attempt: where to go on. Opaque to others. */
  resume: z.string().max(2000).nullable(),
});
export type TaskProgress = z.infer<typeof TaskProgress>;

export const TaskProblem = z.object({
  code: z.string(),
  title: z.string(),
  detail: z.string().nullable(),
});
export type TaskProblem = z.infer<typeof TaskProblem>;

export const taskChangedV1 = defineEvent({
  name: 'formbus.task.changed',
  version: 1,
  family: 'task',
  summary:
    'A task that callers follow got another state or progress. Each record is the whole of it: the newest one replaces those before.',
  data: z.object({
    task: z.string(),
    kind: z.string(),
    tier: z.enum(TIERS),
    state: TaskState,
    /** Of the attempt at hand; 0 before the first. */
    attempt: z.int().nonnegative(),
    attempts: z.int().positive(),
    progress: TaskProgress.nullable(),
    /** What the task is about: its payload, ids alone. */
    about: z.record(z.string(), z.unknown()),
    result: z.unknown().nullable(),
    problem: TaskProblem.nullable(),
    queuedAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
    /** When state and result can no longer be read. */
    expiresAt: z.iso.datetime(),
    cancelRequestedAt: z.iso.datetime().nullable(),
  }),
});
export type TaskSnapshot = z.infer<typeof taskChangedV1.data>;

export const batchMemberEndedV1 = defineEvent({
  name: 'formbus.task.batchMemberEnded',
  version: 1,
  family: 'task',
  summary:
    'A task of a batch ended, well or not. When the last one has, the batch itself has ended: see its own record.',
  data: z.object({
    batch: z.string(),
    task: z.string(),
    kind: z.string(),
    outcome: z.enum(['done', 'failed']),
  }),
});

/** What the record of a batch says at its end. */
export const BatchResult = z.object({
  total: z.int().nonnegative(),
  failed: z.int().nonnegative(),
});
export type BatchResult = z.infer<typeof BatchResult>;
