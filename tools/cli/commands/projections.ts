import { Argument } from 'commander';
import { command, type NounSpec } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { readModelsOf, type Standing } from '../read-models.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';
import { number, several, span, time } from '../words.ts';

interface OneOrAll {
  readonly projection?: string;
}

const ONE_OR_ALL = [new Argument('[projection]', 'one of them; all unless given')];
const PLACE =
  'Over the bus it needs MongoDB and the master key as well: those of the data folder, whose servers are started where no system runs; with NATS_URL those that MONGODB_URI and MASTER_KEY_FILE name.';
const AS_TASKS = 'Over the gateway each is a task, which is followed to its end; Ctrl-C leaves it going on.';

const statusCommand = command<OneOrAll>({
  name: 'status',
  summary: 'Where each read model stands',
  details: `${PLACE} Exit code 1 when one is halted or silent.`,
  arguments: ONE_OR_ALL,
  talksTo: ['bus', 'gateway'],
  scope: 'operations:read',
  json: 'NDJSON, one read model a line: `projection`, `state` (`none`, `current`, `behind`, `halted`, `silent`), `position`, `lagSeconds`, and over the bus `generation`, `version`, `updatedAt`, `halted`',
  examples: [['formbus projections status', 'all read models']],
  async run(session, { projection }) {
    const found = await readModelsOf(session).status(projection);
    session.print.list(found, projectionColumns(session), 'there are no projections');
    return found.some(({ state }) => state === 'halted' || state === 'silent') ? EXIT.failed : EXIT.ok;
  },
});

const verifyCommand = command<OneOrAll>({
  name: 'verify',
  summary: 'Prove that read models are what the log says',
  details: `Folds the log anew beside what is read, and compares every document; reads and writes go on. ${AS_TASKS} ${PLACE} Exit code 1 when a document differs.`,
  arguments: ONE_OR_ALL,
  talksTo: ['bus', 'gateway'],
  scope: 'operations:write and tasks:read',
  json: 'NDJSON, one read model a line: `projection`, `equal`, `documents`, `hash`, `rebuiltHash`, `position`, `differences`, `outlived`, `differing` (the first ten: `id`, `kind`), `seconds`',
  examples: [
    ['formbus projections verify', 'all read models'],
    ['formbus projections verify submissions --json', 'one of them, for a program'],
    ['formbus projections verify --via gateway', 'by the services themselves, as tasks'],
  ],
  async run(session, { projection }) {
    const found = await readModelsOf(session).verify(projection);
    session.print.list(
      found,
      [
        { title: 'Projection', text: ({ projection: name }) => name },
        {
          title: 'Result',
          text: ({ equal, differences }) =>
            equal ? 'equal' : several(differences, 'document differs', 'documents differ'),
          colored: (text, { equal }) =>
            equal ? session.print.colors.green(text) : session.print.colors.red(text),
        },
        { title: 'Documents', right: true, text: ({ documents }) => number(documents) },
        { title: 'Position', text: ({ position }) => position },
        { title: 'Hash', text: ({ hash }) => hash, cuts: true },
        { title: 'Took', right: true, text: ({ seconds }) => span(seconds) },
      ],
      'there are no projections',
    );
    for (const { projection: name, differing } of found) {
      for (const { id, kind } of differing) session.print.note(`${name}: ${id} is ${kind}`);
    }
    return found.every(({ equal }) => equal) ? EXIT.ok : EXIT.failed;
  },
});

const rebuildCommand = command<OneOrAll>({
  name: 'rebuild',
  summary: 'Build read models anew from the log, and swap',
  details: `Built beside what is read, so readers notice nothing. Where services run theirs does it. ${AS_TASKS} ${PLACE}`,
  arguments: ONE_OR_ALL,
  talksTo: ['bus', 'gateway'],
  scope: 'operations:write and tasks:read',
  json: 'NDJSON, one read model a line: `projection`, `generation` (what is read now), `before`, `seconds`',
  examples: [['formbus projections rebuild submissions', 'one read model']],
  async run(session, { projection }) {
    const found = await readModelsOf(session).rebuild(projection);
    session.print.list(
      found,
      [
        { title: 'Projection', text: ({ projection: name }) => name },
        { title: 'Now read', text: ({ generation }) => generation },
        { title: 'Before', text: ({ before }) => before ?? undefined },
        { title: 'Took', right: true, text: ({ seconds }) => span(seconds) },
      ],
      'there are no projections',
    );
  },
});

function projectionColumns({ print: { colors } }: Session): readonly Column<Standing>[] {
  return [
    { title: 'Projection', text: ({ projection }) => projection },
    {
      title: 'State',
      text: ({ state }) => state,
      colored: (text, { state }) =>
        state === 'current'
          ? colors.green(text)
          : state === 'halted' || state === 'silent'
            ? colors.red(text)
            : colors.yellow(text),
    },
    { title: 'Position', text: ({ position }) => position },
    {
      title: 'Lag',
      right: true,
      text: ({ lagSeconds }) => (lagSeconds === undefined ? undefined : span(lagSeconds)),
    },
    { title: 'Written', text: ({ updatedAt }) => updatedAt && time(updatedAt) },
    { title: 'Version', right: true, text: ({ version }) => version },
    { title: 'Why', text: ({ halted }) => halted ?? '', cuts: true },
  ];
}

export const projections: NounSpec = {
  name: 'projections',
  summary: 'Prove, rebuild and show the read models',
  commands: [statusCommand, verifyCommand, rebuildCommand],
};
