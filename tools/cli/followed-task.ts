import { TASK_ENDS, type TaskState } from '#contracts/task/task.records';
import { UserError } from '../start/user-error.ts';
import { paused } from '../process/pause.ts';
import type { Session } from './session.ts';

/** A task as the API shows it, as far as commands read it. */
export interface FollowedTask {
  readonly id: string;
  readonly kind: string;
  readonly state: TaskState;
  readonly progress: {
    readonly done: number;
    readonly total: number | null;
    readonly note: string | null;
  } | null;
  readonly about: Readonly<Record<string, unknown>>;
  readonly result: unknown;
  readonly problem: { readonly code: string; readonly title: string; readonly detail?: string } | null;
  readonly attempt: number;
  readonly attempts: number;
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly expiresAt: string;
  readonly cancelRequested: boolean;
}

const POLL_MS = 500;

/** `120 of 400, sending`; undefined before the first word of it. */
export function progressText({ progress }: Pick<FollowedTask, 'progress'>): string | undefined {
  if (progress === null) return undefined;
  const { done, total, note } = progress;
  return `${done}${total === null ? '' : ` of ${total}`}${note === null ? '' : `, ${note}`}`;
}

export const problemText = ({ problem }: Pick<FollowedTask, 'problem'>): string | undefined =>
  problem === null
    ? undefined
    : `${problem.title}${problem.detail === undefined ? '' : `: ${problem.detail}`}`;

/**
 * Waits for the end of a task, and says how it goes.
 *
 * @throws UserError when it does not succeed
 */
export async function untilOver(session: Session, begun: FollowedTask): Promise<FollowedTask> {
  const { gateway, print, signal } = session;
  let task = begun;
  let said: string | undefined;
  while (!TASK_ENDS.has(task.state)) {
    const text = progressText(task);
    if (text !== undefined && text !== said) print.note(`${task.kind}: ${(said = text)}`);
    if (!(await paused(POLL_MS, signal))) signal.throwIfAborted();
    task = await gateway.get(`/v1/tasks/${task.id}`);
  }
  if (task.state === 'succeeded') return task;
  throw new UserError(
    `the task ${task.id} has ${task.state}: ${problemText(task) ?? 'formbus tasks show tells more'}`,
  );
}
