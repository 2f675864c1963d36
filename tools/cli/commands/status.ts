import { command } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { overviewOf, type Overview, type ToldProjection } from '../overview.ts';
import type { ServiceStatus } from '../services.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';
import { kindColumns } from '../task-kinds.ts';
import { several, span } from '../words.ts';
import { STREAM_COLUMNS } from './streams.ts';

export const status = command({
  name: 'status',
  summary: 'See everything at a glance',
  details:
    'Services, streams, tasks, dead letters and read models. Exit code 1 when a service is away or a read model is halted.',
  talksTo: ['bus', 'gateway'],
  scope: 'operations:read',
  json: '`bus`, `services` (over the bus alone: `service`, `state`, `tookMs`), `streams` (as `streams list`), `taskKinds` (as `tasks kinds`), `deadLetters` (`waiting`, `byDurable`), `projections` (`projection`, `state`, `position`, `ageSeconds`)',
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

function exitCodeOf({ services = [], projections }: Overview): ExitCode {
  const away = services.some(({ state }) => state !== 'answers');
  const halted = projections.some(({ state }) => state === 'halted' || state === 'silent');
  return away || halted ? EXIT.failed : EXIT.ok;
}

function printOverview(session: Session, { bus, services = [], streams, ...found }: Overview): void {
  const { print } = session;
  const { colors } = print;
  const { waiting, byDurable } = found.deadLetters;
  print.section(`Services on nats-server ${bus.server}`, services, serviceColumns(session));
  print.section('Streams', streams, STREAM_COLUMNS);
  print.section('Tasks', found.taskKinds, kindColumns(session));
  print.section('Read models', found.projections, projectionColumns(session));
  if (found.projections.length === 0) print.text(colors.yellow('No process tells of a read model.\n'));
  const by = Object.entries(byDurable).map(([durable, count]) => `${count} of ${durable}`);
  const letters = `${several(waiting, 'dead letter')}${by.length === 0 ? '' : `: ${by.join(', ')}`}`;
  print.text(waiting === 0 ? letters : colors.yellow(letters));
}

const serviceColumns = ({ print: { colors } }: Session): readonly Column<ServiceStatus>[] => [
  { title: 'Service', text: ({ service }) => service },
  {
    title: 'State',
    text: ({ state }) => state,
    colored: (text, { state }) => (state === 'answers' ? colors.green(text) : colors.red(text)),
  },
  { title: 'After', right: true, text: ({ tookMs }) => (tookMs === null ? undefined : `${tookMs} ms`) },
];

const projectionColumns = ({ print: { colors } }: Session): readonly Column<ToldProjection>[] => [
  { title: 'Projection', text: ({ projection }) => projection },
  {
    title: 'State',
    text: ({ state }) => state,
    colored: (text, { state }) =>
      state === 'live' ? colors.green(text) : state === 'behind' ? colors.yellow(text) : colors.red(text),
  },
  { title: 'Position', text: ({ position }) => position },
  { title: 'Lag', right: true, text: ({ ageSeconds }) => span(ageSeconds) },
];
