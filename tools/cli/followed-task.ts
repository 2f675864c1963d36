import { TASK_ENDS, type TaskState } from '#contracts/task/task.records';
import { pause } from '#eventing/pause';
import { UserError } from '../start/user-error.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
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
/** For a gateway that does not answer to come back. */
const LOST_MS = 60_000;

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
 * Waits for the end of a task, and says how it goes, under a name: its kind unless another is given. A gateway that is
 * started anew does not end what may take hours.
 *
 * @throws UserError when it does not succeed; Unreachable after a minute without an answer; the signal's reason
 */
export async function untilOver(
  session: Session,
  begun: FollowedTask,
  name: string = begun.kind,
): Promise<FollowedTask> {
  const { id } = begun;
  const task = await followed(session, begun, name).catch((error: unknown) => {
    session.print.note(
      `the task ${id} may go on: formbus tasks show ${id} tells, formbus tasks cancel ${id} stops it`,
    );
    throw error;
  });
  if (task.state === 'succeeded') return task;
  const ended = task.state === 'cancelled' ? 'been cancelled' : task.state;
  throw new UserError(
    `the task ${id} has ${ended}: ${problemText(task) ?? `formbus tasks show ${id} tells more`}`,
  );
}

async function followed(session: Session, begun: FollowedTask, name: string): Promise<FollowedTask> {
  const { print, signal } = session;
  const since = performance.now();
  let task = begun;
  let heard = since;
  let said: string | undefined;
  const say = (text: string | undefined): void => {
    if (text !== undefined && text !== said) print.note(`${name}: ${(said = text)}`);
  };
  while (!TASK_ENDS.has(task.state)) {
    say(goingText(task, performance.now() - since));
    if (!(await pause(POLL_MS, signal))) signal.throwIfAborted();
    const found = await look(session, task, performance.now() - heard < LOST_MS);
    if (found === undefined) {
      say('the gateway does not answer for now');
    } else {
      [task, heard] = [found, performance.now()];
    }
  }
  return task;
}

/** Undefined where nobody answers, as long as that is borne with. */
async function look(
  { gateway }: Session,
  { id }: FollowedTask,
  patient: boolean,
): Promise<FollowedTask | undefined> {
  try {
    return await gateway.get<FollowedTask>(`/v1/tasks/${id}`);
  } catch (error) {
    if (patient && exitCodeOf(error) === EXIT.unreachable) return undefined;
    throw error;
  }
}

/** What there is to say of one that is not over; nothing of one that has just been asked for. */
function goingText(task: FollowedTask, waitedMs: number): string | undefined {
  switch (task.state) {
    case 'queued':
      return waitedMs < LONG_MS
        ? undefined
        : 'waits for a worker: formbus status shows whether its service is there and its kind not paused';
    case 'retrying':
      return `attempt ${task.attempt} of ${task.attempts} has failed, another follows: ${problemText(task) ?? 'no reason was given'}`;
    default:
      return progressText(task);
  }
}
