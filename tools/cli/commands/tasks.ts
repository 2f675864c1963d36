import { Argument, Option } from 'commander';
import { TASK_STATES } from '#contracts/task/task.records';
import { command, type NounSpec } from '../command.ts';
import { problemText, progressText, untilOver, type FollowedTask } from '../followed-task.ts';
import { kindColumns, taskKinds, tellKind, type TaskKind } from '../task-kinds.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';
import { count } from '../values.ts';
import { time } from '../words.ts';

const KIND_FIELDS = '`kind`, `tier`, `summary`, `pending`, `running`, `scheduled`, `oldestSeconds`, `paused`';
const TASK_FIELDS =
  '`id`, `kind`, `state`, `progress`, `about`, `result`, `problem`, `attempt`, `attempts`, `queuedAt`, `startedAt`, `endedAt`, `expiresAt`, `cancelRequested`';

const COLUMNS: readonly Column<FollowedTask>[] = [
  { title: 'Task', text: ({ id }) => id },
  { title: 'Kind', text: ({ kind }) => kind },
  {
    title: 'State',
    text: ({ state, cancelRequested }) => (cancelRequested && state === 'running' ? 'stopping' : state),
  },
  { title: 'Try', right: true, text: ({ attempt, attempts }) => `${attempt}/${attempts}` },
  { title: 'Asked for', text: ({ queuedAt }) => time(queuedAt) },
  { title: 'Progress', text: (task) => progressText(task) ?? problemText(task), cuts: true },
];

const kindsCommand = command({
  name: 'kinds',
  summary: 'What waits and runs of every kind of task',
  talksTo: ['bus', 'gateway'],
  scope: 'operations:read',
  json: `NDJSON, one kind a line: ${KIND_FIELDS}`,
  examples: [['formbus tasks kinds', 'all kinds']],
  async run(session) {
    session.print.list(await taskKinds(session), kindColumns(session), 'there are no kinds of tasks');
  },
});

const pauseCommand = command<{ readonly kind: string }>({
  name: 'pause',
  summary: 'Have no task of a kind begun until it is resumed',
  details: 'Tasks in hand are finished, others wait; a restart does not resume it.',
  arguments: [new Argument('<kind>', 'see formbus tasks kinds')],
  talksTo: ['bus', 'gateway'],
  scope: 'operations:write',
  json: `the kind: ${KIND_FIELDS}`,
  examples: [['formbus tasks pause mail', 'no mail is sent, and none is lost']],
  async run(session, { kind }) {
    printKind(session, await tellKind(session, 'pause', kind));
  },
});

const resumeCommand = command<{ readonly kind: string }>({
  name: 'resume',
  summary: 'Have tasks of a paused kind begun again',
  arguments: [new Argument('<kind>', 'see formbus tasks kinds')],
  talksTo: ['bus', 'gateway'],
  scope: 'operations:write',
  json: `the kind: ${KIND_FIELDS}`,
  examples: [['formbus tasks resume mail', 'what has waited is sent']],
  async run(session, { kind }) {
    printKind(session, await tellKind(session, 'resume', kind));
  },
});

const printKind = (session: Session, kind: TaskKind): void =>
  session.print.list([kind], kindColumns(session), '');

interface ListInput {
  readonly state?: string;
  readonly kind?: string;
  readonly limit: number;
}

const listCommand = command<ListInput>({
  name: 'list',
  summary: 'List tasks that can be followed, the one asked for last first',
  options: [
    new Option('--state <state>', 'only in this state').choices(TASK_STATES),
    new Option('--kind <kind>', 'only of this kind'),
    new Option('--limit <number>', 'so many at most').argParser(count(10_000)).default(50),
  ],
  talksTo: ['gateway'],
  scope: 'tasks:read',
  json: `NDJSON, one task a line: ${TASK_FIELDS}`,
  examples: [['formbus tasks list --state failed', 'what did not work']],
  async run({ gateway, print }, { limit, ...query }) {
    const { state, kind } = query;
    const { items, more } = await gateway.list<FollowedTask>('/v1/tasks', limit, { state, kind });
    print.list(items, COLUMNS, 'there are no tasks');
    if (more) print.more();
  },
});

const showCommand = command<{ readonly task: string; readonly wait?: true }>({
  name: 'show',
  summary: 'Show how a task goes, and what it came to',
  arguments: [new Argument('<task>', 'its id')],
  options: [new Option('--wait', 'until it is over; exit code 1 when it does not succeed')],
  talksTo: ['gateway'],
  scope: 'tasks:read',
  json: `one task: ${TASK_FIELDS}`,
  examples: [['formbus tasks show 0199f0c2-7d1e-7000-8000-3f2a9c1d4e5b --wait', 'until it is over']],
  async run(session, { task: id, wait }) {
    const found = await session.gateway.get<FollowedTask>(`/v1/tasks/${encodeURIComponent(id)}`);
    printTask(session, wait === true ? await untilOver(session, found) : found);
  },
});

const cancelCommand = command<{ readonly task: string }>({
  name: 'cancel',
  summary: 'Ask for a task to be cancelled',
  details:
    'One that runs is told to stop, one that waits ends when its turn comes; what it has done stays done.',
  arguments: [new Argument('<task>', 'its id')],
  talksTo: ['gateway'],
  scope: 'tasks:write',
  json: `one task: ${TASK_FIELDS}`,
  examples: [['formbus tasks cancel 0199f0c2-7d1e-7000-8000-3f2a9c1d4e5b', 'it stops soon']],
  async run(session, { task: id }) {
    printTask(
      session,
      await session.gateway.post<FollowedTask>(`/v1/tasks/${encodeURIComponent(id)}/cancel`),
    );
  },
});

/** One task below each other. */
export function printTask({ print }: Session, task: FollowedTask): void {
  const { startedAt, endedAt, result, cancelRequested } = task;
  print.record(task, {
    Task: task.id,
    Kind: task.kind,
    State: cancelRequested && endedAt === null ? `${task.state}, to be cancelled` : task.state,
    Attempt: `${task.attempt} of ${task.attempts}`,
    Progress: progressText(task),
    Problem: problemText(task),
    About: Object.entries(task.about)
      .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(' '),
    Result: result === null ? undefined : JSON.stringify(result),
    'Asked for': `${time(task.queuedAt)} UTC`,
    Began: startedAt === null ? undefined : `${time(startedAt)} UTC`,
    Ended: endedAt === null ? undefined : `${time(endedAt)} UTC`,
  });
}

export const tasks: NounSpec = {
  name: 'tasks',
  summary: 'Work that is done later, by kind and one by one',
  commands: [kindsCommand, pauseCommand, resumeCommand, listCommand, showCommand, cancelCommand],
};
