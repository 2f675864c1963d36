import type { ServiceStatus } from '#contracts/operations/services';
import type { WatchedProjection } from '#services/gateway/operations/projection-watch';
import { command } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { overviewOf, type Overview } from '../overview.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';
import { kindColumns } from '../task-kinds.ts';
import { several, span } from '../words.ts';
import { STREAM_COLUMNS } from './streams.ts';

export const status = command({
  name: 'status',
  summary: 'See everything at a glance',
  details:
    'Services and what is wrong with them, streams, tasks, dead letters and read models. Exit code 1 when a service is silent or takes no requests, or a read model is silent or halted.',
  talksTo: ['bus', 'gateway'],
  scope: 'operations:read',
  json: '`bus`, `services` (`service`, `state`: `ready`, `degraded`, `failed`, `silent`, and `instances`: `instance`, `version`, `state`, `uptimeSeconds`, `troubles` (`check`, `detail`)), `streams` (as `streams list`), `taskKinds` (as `tasks kinds`), `deadLetters` (`waiting`, `byDurable`), `projections` (`projection`, `state`: `live`, `behind`, `halted`, `silent`, `position`, `ageSeconds`)',
  examples: [
    ['formbus status', 'of the system that runs here'],
    ['formbus status --json | jq .deadLetters.waiting', 'one figure, for a program'],
  ],
  async run(session) {
    const found = await overviewOf(session);
    if (session.print.json) session.print.value(found);
    else printOverview(session, found);
    return exitCodeOf(found);
  },
});

function exitCodeOf({ services, projections }: Overview): ExitCode {
  const away = services.some(({ state }) => state === 'failed' || state === 'silent');
  const halted = projections.some(({ state }) => state === 'halted' || state === 'silent');
  return away || halted ? EXIT.failed : EXIT.ok;
}

function printOverview(session: Session, { bus, services, streams, ...found }: Overview): void {
  const { print } = session;
  const { colors } = print;
  const { waiting, byDurable } = found.deadLetters;
  print.section(`Services on nats-server ${bus.server}`, services, serviceColumns(session));
  print.section('What is wrong', services.flatMap(troublesOf), troubleColumns(session));
  print.section('Streams', streams, STREAM_COLUMNS);
  print.section('Tasks', found.taskKinds, kindColumns(session));
  print.section('Read models', found.projections, projectionColumns(session));
  const by = Object.entries(byDurable).map(([durable, count]) => `${count} of ${durable}`);
  const letters = `${several(waiting, 'dead letter')}${by.length === 0 ? '' : `: ${by.join(', ')}`}`;
  print.text(waiting === 0 ? letters : colors.yellow(letters));
}

const serviceColumns = ({ print: { colors } }: Session): readonly Column<ServiceStatus>[] => [
  { title: 'Service', text: ({ service }) => service },
  {
    title: 'State',
    text: ({ state }) => state,
    colored: (text, { state }) =>
      state === 'ready' ? colors.green(text) : state === 'degraded' ? colors.yellow(text) : colors.red(text),
  },
  { title: 'Processes', right: true, text: ({ instances }) => instances.length },
  {
    title: 'Version',
    text: ({ instances }) => [...new Set(instances.map(({ version }) => version))].join(' ') || undefined,
  },
  {
    title: 'Up',
    right: true,
    text: ({ instances }) =>
      instances.length === 0
        ? undefined
        : span(Math.min(...instances.map(({ uptimeSeconds }) => uptimeSeconds))),
  },
];

interface Trouble {
  readonly service: string;
  readonly instance: string;
  readonly state: ServiceStatus['state'];
  readonly check: string;
  readonly detail: string;
}

/** What each process of a service says of itself that is not as it should be. */
const troublesOf = ({ service, instances }: ServiceStatus): readonly Trouble[] =>
  instances.flatMap(({ instance, state, troubles }) =>
    troubles.map((trouble) => ({ service, instance, state, ...trouble })),
  );

/** Nothing of it is cut: it is what to go by. */
const troubleColumns = ({ print: { colors } }: Session): readonly Column<Trouble>[] => [
  { title: 'Service', text: ({ service }) => service },
  { title: 'Process', text: ({ instance }) => instance },
  {
    title: 'Check',
    text: ({ check }) => check,
    colored: (text, { state }) => (state === 'degraded' ? colors.yellow(text) : colors.red(text)),
  },
  { title: 'Says', text: ({ detail }) => detail || undefined },
];

const projectionColumns = ({ print: { colors } }: Session): readonly Column<WatchedProjection>[] => [
  { title: 'Projection', text: ({ projection }) => projection },
  {
    title: 'State',
    text: ({ state }) => state,
    colored: (text, { state }) =>
      state === 'live' ? colors.green(text) : state === 'behind' ? colors.yellow(text) : colors.red(text),
  },
  { title: 'Position', text: ({ position }) => position ?? undefined },
  {
    title: 'Lag',
    right: true,
    text: ({ ageSeconds }) => (ageSeconds === null ? undefined : span(ageSeconds)),
  },
];
