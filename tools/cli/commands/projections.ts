import { Argument } from 'commander';
import { command, type NounSpec } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { projectionsPlace } from '../projections-place.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';
import { number, several, span, time } from '../words.ts';
import type { Place } from '../../projections/place.ts';
import type { ProjectionStatus } from '../../projections/status.ts';

interface OneOrAll {
  readonly projection?: string;
}

const ONE_OR_ALL = [new Argument('[projection]', 'one of them; all unless given')];
const WHERE =
  'Needs the bus, MongoDB and the master key: those of the data folder, whose servers are started where no system runs; with NATS_URL those that MONGODB_URI and MASTER_KEY_FILE name.';

const statusCommand = command<OneOrAll>({
  name: 'status',
  summary: 'Where each read model stands',
  details: `${WHERE} Exit code 1 when one is halted.`,
  arguments: ONE_OR_ALL,
  talksTo: ['bus'],
  json: 'NDJSON, one read model a line: `projection`, `state` (`none`, `current`, `behind`, `halted`), `generation`, `version`, `position`, `lagSeconds`, `updatedAt`, `halted`',
  examples: [['formbus projections status', 'all read models']],
  async run(session, { projection }) {
    const { statusAll } = await import('../../projections/status.ts');
    const found = await at(session, (place) => statusAll(place, projection));
    session.print.list(found, projectionColumns(session), 'there are no projections');
    return found.some(({ state }) => state === 'halted') ? EXIT.failed : EXIT.ok;
  },
});

const verifyCommand = command<OneOrAll>({
  name: 'verify',
  summary: 'Prove that read models are what the log says',
  details: `Folds the log anew beside what is read, and compares every document; reads and writes go on. ${WHERE} Exit code 1 when a document differs.`,
  arguments: ONE_OR_ALL,
  talksTo: ['bus'],
  json: 'NDJSON, one read model a line: `projection`, `equal`, `documents`, `hash`, `rebuiltHash`, `position`, `differences`, `differing` (the first ten: `id`, `kind`), `seconds`',
  examples: [
    ['formbus projections verify', 'all read models'],
    ['formbus projections verify submissions --json', 'one of them, for a program'],
  ],
  async run(session, { projection }) {
    const { verifyAll } = await import('../../projections/verify.ts');
    const found = await at(session, (place) => verifyAll(place, projection, session.signal));
    session.print.list(
      found,
      [
        { title: 'Projection', text: ({ projection: name }) => name },
        {
          title: 'Result',
          text: ({ equal, differences }) => (equal ? 'equal' : `${several(differences, 'document')} differ`),
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
  details: `Built beside what is read, so readers notice nothing. Where services run theirs does it. ${WHERE}`,
  arguments: ONE_OR_ALL,
  talksTo: ['bus'],
  json: 'NDJSON, one read model a line: `projection`, `generation` (what is read now), `before`, `seconds`',
  examples: [['formbus projections rebuild submissions', 'one read model']],
  async run(session, { projection }) {
    const { rebuildAll } = await import('../../projections/rebuild.ts');
    const found = await at(session, (place) => rebuildAll(place, projection, session.signal));
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

async function at<T>(session: Session, work: (place: Place) => Promise<T>): Promise<T> {
  const place = await projectionsPlace(session);
  try {
    return await work(place);
  } finally {
    await place.close();
  }
}

/** Of the list of read models, here and on the page of `formbus status`. */
export function projectionColumns({ print: { colors } }: Session): readonly Column<ProjectionStatus>[] {
  return [
    { title: 'Projection', text: ({ projection }) => projection },
    {
      title: 'State',
      text: ({ state }) => state,
      colored: (text, { state }) =>
        state === 'current'
          ? colors.green(text)
          : state === 'halted'
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
