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
/** A task that has waited for longer than this may have nobody who does it. */
const LONG_MS = 5_000;

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
 * Waits for the end of a task, and says how it goes, under a name: its kind unless another is given.
 *
 * @throws UserError when it does not succeed; the signal's reason when that aborts, which leaves the task going on
 */
export async function untilOver(
  session: Session,
  begun: FollowedTask,
  name: string = begun.kind,
): Promise<FollowedTask> {
  const { gateway, print, signal } = session;
  const since = performance.now();
  let task = begun;
  let said: string | undefined;
  while (!TASK_ENDS.has(task.state)) {
    const text = goingText(task, performance.now() - since);
    if (text !== undefined && text !== said) print.note(`${name}: ${(said = text)}`);
    if (!(await paused(POLL_MS, signal))) {
      print.note(`the task ${task.id} goes on; to stop it: formbus tasks cancel ${task.id}`);
      signal.throwIfAborted();
    }
    task = await gateway.get(`/v1/tasks/${task.id}`);
  }
  if (task.state === 'succeeded') return task;
  throw new UserError(
    `the task ${task.id} has ${task.state === 'cancelled' ? 'been cancelled' : task.state}: ${problemText(task) ?? `formbus tasks show ${task.id} tells more`}`,
  );
}

/** What there is to say of one that is not over; nothing of one that has just been asked for. */
function goingText(task: FollowedTask, waitedMs: number): string | undefined {
  switch (task.state) {
    case 'queued':
      return waitedMs < LONG_MS
        ? undefined
        : 'waits for a worker: formbus tasks kinds shows whether it is paused';
    case 'retrying':
      return `attempt ${task.attempt} of ${task.attempts} has failed, another follows: ${problemText(task) ?? 'no reason was given'}`;
    default:
      return progressText(task);
  }
}
