import type { TaskDefinition } from '#contracts/task';
import { TASKS } from '#contracts/tasks';
import { ApiCode, isApiError } from '#eventing/jetstream-api';
import { TaskControl } from '#eventing/task/control';
import { NotFound } from './exit-code.ts';
import type { Session } from './session.ts';
import type { Column } from './table.ts';
import { number, span } from './words.ts';

/** How it stands with one kind of task, as the API says it. */
export interface TaskKind {
  readonly kind: string;
  readonly tier: string;
  readonly summary: string;
  readonly pending: number;
  readonly running: number;
  readonly scheduled: number;
  readonly oldestSeconds: number;
  readonly paused: boolean;
}

const PATH = '/v1/operations/task-kinds';

export async function taskKinds(session: Session): Promise<readonly TaskKind[]> {
  if (session.via === 'gateway') {
    return (await session.gateway.get<{ items: readonly TaskKind[] }>(PATH)).items;
  }
  const control = new TaskControl(await session.bus());
  return await Promise.all(TASKS.map((definition) => kindOf(control, definition)));
}

async function kindOf(control: TaskControl, definition: TaskDefinition): Promise<TaskKind> {
  try {
    return { ...(await control.status(definition)), summary: definition.summary };
  } catch (error) {
    if (!isApiError(error, ApiCode.streamNotFound)) throw error;
    throw new NotFound('this bus has no streams of tasks: no Formbus of this version has run on it');
  }
}

/** @throws NotFound for a kind that there is not, or that no worker has ever asked for */
export async function tellKind(session: Session, what: 'pause' | 'resume', kind: string): Promise<TaskKind> {
  const definition = TASKS.find((one) => one.kind === kind);
  if (definition === undefined) {
    throw new NotFound(
      `there is no kind of task "${kind}"; there are ${TASKS.map((one) => one.kind).join(', ')}`,
    );
  }
  if (session.via === 'gateway') return await session.gateway.post<TaskKind>(`${PATH}/${kind}/${what}`);
  const control = new TaskControl(await session.bus());
  try {
    await control[what](definition);
  } catch (cause) {
    if (!isApiError(cause, ApiCode.consumerNotFound)) throw cause;
    throw new NotFound(`no worker has ever asked for tasks of the kind ${kind}`, { cause });
  }
  return await kindOf(control, definition);
}

/** Of the list of kinds, here and on the page of `formbus status`. */
export function kindColumns({ print: { colors } }: Session): readonly Column<TaskKind>[] {
  return [
    { title: 'Kind', text: ({ kind }) => kind },
    { title: 'Tier', text: ({ tier }) => tier },
    { title: 'Pending', right: true, text: ({ pending }) => number(pending) },
    { title: 'Running', right: true, text: ({ running }) => number(running) },
    { title: 'Later', right: true, text: ({ scheduled }) => number(scheduled) },
    {
      title: 'Oldest',
      right: true,
      text: ({ oldestSeconds }) => (oldestSeconds === 0 ? undefined : span(oldestSeconds)),
    },
    {
      title: 'State',
      text: ({ paused }) => (paused ? 'paused' : 'runs'),
      colored: (text, { paused }) => (paused ? colors.yellow(text) : text),
    },
    { title: 'What it does', text: ({ summary }) => summary, cuts: true },
  ];
}
