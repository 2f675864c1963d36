import { z } from 'zod';
import { ERRORS, isErrorCode } from '#contracts/errors';
import { TASK_ENDS, TaskState, type TaskProblem } from '#contracts/task/task.records';
import type { FollowedTask } from '#contracts/task/task.rpc';

const TaskProblemDocument = z.object({
  type: z.string().meta({ examples: ['urn:formbus:problem:task_failed'] }),
  title: z.string(),
  status: z.int().meta({ description: 'What a request would have been answered with' }),
  code: z.string().meta({ description: 'As in every error answer' }),
  detail: z.string().optional(),
  action: z.string().meta({ description: 'What the caller can do about it' }),
});

/** Work that goes on after the request that asked for it was answered: the body of every 202 that begins some. */
export const Task = z
  .object({
    id: z.string(),
    kind: z.string().meta({ description: 'What is done', examples: ['webhook-replay'] }),
    state: TaskState.meta({
      description:
        '`queued` and `retrying` wait for a worker; after `succeeded`, `failed` and `cancelled` nothing more happens',
    }),
    progress: z
      .object({
        done: z.int().nonnegative(),
        total: z.int().nonnegative().nullable().meta({ description: 'What `done` will be, if it is known' }),
        note: z.string().nullable().meta({ description: 'For people' }),
      })
      .nullable(),
    about: z.record(z.string(), z.unknown()).meta({ description: 'What the task was given: ids alone' }),
    result: z.unknown().meta({
      description: 'What it came to, of a shape that the kind decides; null until it has succeeded',
    }),
    problem: TaskProblemDocument.nullable().meta({
      description: 'Why it failed, for good or the last time; as in error answers',
    }),
    attempt: z.int().nonnegative().meta({ description: 'The attempt at hand; 0 before the first' }),
    attempts: z.int().positive().meta({ description: 'How often it is tried at most' }),
    queuedAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
    expiresAt: z.iso.datetime().meta({ description: 'When it can no longer be read' }),
    cancelRequested: z
      .boolean()
      .meta({ description: 'Whether somebody asked for it to be cancelled; it may succeed all the same' }),
  })
  .meta({
    id: 'Task',
    description: 'Work that goes on after the request was answered',
    examples: [
      {
        id: '0198a4c2-7d0e-7c53-9a41-5d2f6f3b8a10',
        kind: 'webhook-replay',
        state: 'running',
        progress: { done: 120, total: 400, note: null },
        about: { workspace: 'default', webhook: '0198a4b0-11a2-7e6f-8c1d-2b9a7f0c4d55' },
        result: null,
        problem: null,
        attempt: 1,
        attempts: 9,
        queuedAt: '2026-03-01T09:30:00.000Z',
        startedAt: '2026-03-01T09:30:00.020Z',
        endedAt: null,
        expiresAt: '2026-03-31T09:30:00.000Z',
        cancelRequested: false,
      },
    ],
  });
export type Task = z.infer<typeof Task>;

/** What callers see of a task's state; where its next attempt would go on is not among it. */
export function describeTask(state: FollowedTask): Task {
  const { kind, about, result, attempt, attempts, queuedAt, startedAt, endedAt, expiresAt, progress } = state;
  return {
    id: state.task,
    kind,
    state: state.state,
    progress: progress && { done: progress.done, total: progress.total, note: progress.note },
    about,
    result,
    problem: state.problem && describeProblem(state.problem),
    attempt,
    attempts,
    queuedAt,
    startedAt,
    endedAt,
    expiresAt,
    cancelRequested: state.cancelRequestedAt !== null,
  };
}

function describeProblem({ code, title, detail }: TaskProblem): z.infer<typeof TaskProblemDocument> {
  // A newer Formbus may have left a code that this one does not know.
  const { status, action } = ERRORS[isErrorCode(code) ? code : 'task_failed'];
  return {
    type: `urn:formbus:problem:${code}`,
    title,
    status,
    code,
    ...(detail === null ? {} : { detail }),
    action,
  };
}

const SHORTEST = 1;
const LONGEST = 30;

/** Seconds until a look at the task makes sense again: the longer it has been going on, the more; none when it is over. */
export function retryAfter(
  { state, queuedAt }: Pick<Task, 'state' | 'queuedAt'>,
  now: number,
): number | undefined {
  if (TASK_ENDS.has(state)) return undefined;
  const age = (now - Date.parse(queuedAt)) / 1000;
  return Math.min(LONGEST, Math.max(SHORTEST, Math.ceil(age / 10)));
}
