import { EVENTS, OWNERS } from '#contracts/catalog';
import { eventType } from '#contracts/event';
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

/** docs/event-map.md: from every event to its owner and its consumers. */
export function eventMap(consumers: readonly Consumer[]): string {
  const rows = EVENTS.map((definition) => {
    const type = eventType(definition);
    const readers = consumers.filter(({ types }) => types.includes(type)).map(({ name }) => name);
    const sealed = definition.sealed.length > 0 ? definition.sealed.join(', ') : '';
    return `| \`${type}\` | ${OWNERS[definition.family]} | ${readers.join('; ')} | ${sealed} | ${definition.summary} |`;
  });
  return [
    '# Events and who reads them',
    '',
    'Generated from the catalog and from the lists of projections and directories that services register.',
    '',
    '| event | appended by | read by | encrypted | meaning |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
