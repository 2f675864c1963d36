import { ERRORS, Problem } from '#contracts/errors';
import type { TaskProblem } from '#contracts/task/task.records';
import { Permanent } from '../disposition.ts';

/** What callers are told: a Problem as it is, of anything else that it failed; its words are for the dead letters. */
export function problemOf(error: unknown): TaskProblem {
  const code = error instanceof Problem ? error.code : 'task_failed';
  const detail = error instanceof Problem || error instanceof Permanent ? error.message : null;
  return { code, title: ERRORS[code].title, detail };
}
