import { EVENTS, OWNERS } from '#contracts/catalog';
import { eventType, type EventDefinition } from '#contracts/event';
import { RECORD_STREAMS, RECORDERS, RECORDS } from '#contracts/records';
import type { Projection } from '#readmodel/projection';

/** Who does something with an event when it has been appended. */
export interface Consumer {
  readonly name: string;
  readonly types: readonly string[];
}

export const projectionConsumers = (
  service: string,
  projections: readonly Pick<Projection<never>, 'name' | 'types'>[],
): Consumer[] => projections.map(({ name, types }) => ({ name: `${service}: projection ${name}`, types }));

/** docs/event-map.md: from every event and record to its owner and its consumers. */
export function eventMap(consumers: readonly Consumer[]): string {
  const readersOf = (definition: EventDefinition): string =>
    consumers
      .filter(({ types }) => types.includes(eventType(definition)))
      .map(({ name }) => name)
      .join('; ');
  const events = EVENTS.map((definition) => {
    const { family, sealed, summary } = definition;
    return row(
      code(eventType(definition)),
      OWNERS[family],
      readersOf(definition),
      sealed.join(', '),
      summary,
    );
  });
  const records = RECORDS.map((definition) => {
    const { family, summary } = definition;
    const stream = code(RECORD_STREAMS[family]);
    return row(code(eventType(definition)), stream, RECORDERS[family], readersOf(definition), summary);
  });
  return [
    '# Events and who reads them',
    '',
    'Generated from the catalog and from the lists of projections and directories that services register.',
    '',
    row('event', 'appended by', 'read by', 'encrypted', 'meaning'),
    '|---|---|---|---|---|',
    ...events,
    '',
    '## Records',
    '',
    'Of the same envelope, in streams of their own that keep them for 30 days at most.',
    '',
    row('record', 'stream', 'recorded by', 'read by', 'meaning'),
    '|---|---|---|---|---|',
    ...records,
    '',
  ].join('\n');
}

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const code = (text: string): string => `\`${text}\``;
