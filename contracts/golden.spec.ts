import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { EVENTS, UPCASTERS } from './catalog.ts';
import { eventType } from './event.ts';
import { RECORD_UPCASTERS, RECORDS } from './records.ts';

const folder = join(import.meta.dirname, 'golden');
const golden = (type: string): unknown => JSON.parse(readFileSync(join(folder, `${type}.json`), 'utf8'));
const definitions = [...EVENTS, ...RECORDS];
const types = definitions.map((definition) => eventType(definition));

describe('golden files', () => {
  it('hold one event or record of every version that was ever released, and nothing else', () => {
    expect(readdirSync(folder).sort()).toEqual(types.map((type) => `${type}.json`).sort());
  });

  it.each(definitions.map((definition) => [eventType(definition), definition] as const))(
    'still fit their schema, which drops and adds nothing: %s',
    (type, definition) => {
      expect(definition.data.parse(golden(type))).toEqual(golden(type));
    },
  );
});

describe('the catalogs', () => {
  it('names each version of an event once', () => {
    expect(new Set(types).size).toBe(types.length);
  });

  it('leads every superseded version to the next one', () => {
    const superseded = definitions.filter(({ name, version }) =>
      definitions.some((other) => other.name === name && other.version === version + 1),
    );
    expect(superseded.map((definition) => eventType(definition)).sort()).toEqual(
      [...UPCASTERS, ...RECORD_UPCASTERS].map(({ from }) => from).sort(),
    );
  });

  it('leads the data of every superseded version to data that fit the next one, which drops and adds nothing', () => {
    for (const { from, to, upcast } of UPCASTERS) {
      const next = EVENTS.find((definition) => eventType(definition) === to);
      const data = upcast(golden(from));
      expect([to, next?.data.parse(data)]).toEqual([to, data]);
    }
  });

  it('seals only properties that the data have', () => {
    for (const { data, sealed } of EVENTS)
      expect(Object.keys(data.shape)).toEqual(expect.arrayContaining([...sealed]));
  });

  it('seals no record: no data key lies beside them', () => {
    expect(RECORDS.filter(({ sealed }) => sealed.length > 0)).toEqual([]);
  });
});
