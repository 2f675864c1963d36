import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { defineEvent, type Upcaster } from '#contracts/event';
import { Catalog } from './catalog.ts';
import { Codec, type Stamp } from './codec.ts';
import { DataKey } from './data-key.ts';
import type { RawMessage } from './direct-get.ts';
import { splitHeaders } from './headers.ts';
import type { KeyOrErased, KeySource } from './keyring.ts';
import type { StoredEvent } from './stored-event.ts';

const noted = defineEvent({
  name: 'test.noted',
  version: 1,
  family: 'submission',
  data: z.object({ text: z.string(), extra: z.json(), page: z.int(), tag: z.string().optional() }),
  sealed: ['text', 'extra'],
  summary: 'A note.',
});
const opened = defineEvent({
  name: 'test.opened',
  version: 1,
  family: 'form',
  data: z.object({ by: z.string() }),
  summary: 'Opened.',
});
const openedV2 = defineEvent({
  name: 'test.opened',
  version: 2,
  family: 'form',
  data: z.object({ by: z.object({ name: z.string() }) }),
  summary: 'Opened.',
});
const upcasters: Upcaster[] = [
  {
    from: 'test.opened.v1',
    to: 'test.opened.v2',
    upcast: (data) => ({ by: { name: (data as { by: string }).by } }),
  },
];

const key = new DataKey();
const having = (found: KeyOrErased | Promise<KeyOrErased>): KeySource => ({
  dataKey: () => found,
  observe: () => undefined,
});
const codec = (keys: KeySource = having(key), events = [noted, openedV2, opened], steps = upcasters): Codec =>
  new Codec({ catalog: new Catalog(events, steps), epoch: 'e', source: '/formbus/spec', keys });

const stamp: Stamp = {
  id: 'c.1',
  subject: 'evt.w.submission.f.s',
  version: 1,
  time: '2026-01-02T03:04:05.678Z',
  actor: 'a',
  correlation: 'r',
};
/** Zod leaves out properties named `__proto__`; the gateway refuses a body that has one. */
const json = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('"__proto__"'));
const notes = fc.record({ text: fc.string(), extra: json, page: fc.integer() });

function stored(data: unknown, place: Stamp = stamp): RawMessage {
  const encoded = codec().encode(codec().check({ type: 'test.noted.v1', data }), place, key);
  return {
    seq: 7,
    subject: place.subject,
    headers: splitHeaders(`NATS/1.0\r\n${encoded.headers}\r\n`),
    payload: encoded.payload,
  };
}
const decode = (message: RawMessage, keys?: KeySource): StoredEvent =>
  codec(keys).decode(message) as StoredEvent;

describe('the codec', () => {
  it('gives back what it was given, whatever the data', () => {
    fc.assert(
      fc.property(notes, (data) => {
        const sent: unknown = JSON.parse(JSON.stringify(data));
        expect(decode(stored(sent))).toEqual({
          ...stamp,
          seq: 7,
          position: 'e.7',
          workspace: 'w',
          type: 'test.noted.v1',
          source: '/formbus/spec',
          data: sent,
          erased: false,
          known: true,
        });
      }),
    );
  });

  it('waits for a key that has to be fetched', async () => {
    const event = codec(having(Promise.resolve(key))).decode(stored({ text: 't', extra: null, page: 1 }));
    expect(event).toBeInstanceOf(Promise);
    expect((await event).data).toEqual({ text: 't', extra: null, page: 1 });
  });

  it('shows nothing of sealed fields in the payload, and draws a nonce for each encoding', () => {
    const [one, two] = [
      stored({ text: 'a secret', extra: { deep: 'hidden' }, page: 1 }),
      stored({ text: 'a secret', extra: { deep: 'hidden' }, page: 1 }),
    ];
    for (const { payload } of [one, two])
      expect(Buffer.from(payload).toString()).not.toMatch(/secret|hidden|deep|text|extra/);
    expect(one.payload).not.toEqual(two.payload);
  });

  it('notices every change of the cipher text and of where it belongs', () => {
    const message = stored({ text: 't', extra: 1, page: 1 });
    const payload = JSON.parse(Buffer.from(message.payload).toString()) as { $sealed: string };
    const bytes = Buffer.from(payload.$sealed, 'base64');
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ change;
        const tampered = {
          ...message,
          payload: Buffer.from(JSON.stringify({ ...payload, $sealed: changed.toString('base64') })),
        };
        expect(() => decode(tampered)).toThrow(
          expect.objectContaining({ name: 'UndecodableEvent', seq: 7, id: 'c.1' }),
        );
      }),
    );
    for (const moved of [
      { ...message, subject: 'evt.w.submission.f.other' },
      { ...message, headers: new Map([...message.headers, ['ce-id', 'c.2']]) },
    ]) {
      expect(() => decode(moved)).toThrow(/changed, moved, or sealed with another key/);
    }
    expect(() => decode(message, having(new DataKey()))).toThrow(
      expect.objectContaining({ name: 'UndecodableEvent' }),
    );
    expect(() => decode({ ...message, payload: Buffer.from('{"page":1,"$sealed":"AAAA"}') })).toThrow(
      'too short',
    );
    expect(() => decode({ ...message, payload: Buffer.from('{"page":1}') })).toThrow('missing');
  });

  it('names an event whose envelope is damaged, as far as it can be read', () => {
    const message = stored({ text: 't', extra: 1, page: 3 });
    const headers = new Map([...message.headers, ['formbus-version', 'x']]);
    expect(() => decode({ ...message, headers })).toThrow(
      expect.objectContaining({ id: 'c.1', type: message.headers.get('ce-type') }),
    );
  });

  it('gives the clear fields of an event whose key is gone', () => {
    expect(decode(stored({ text: 't', extra: 1, page: 3 }), having('erased'))).toMatchObject({
      erased: true,
      known: true,
      data: { page: 3 },
    });
  });

  it('upcasts old versions and names the newest', () => {
    const old = codec(undefined, [opened], []).encode(
      { type: 'test.opened.v1', data: { by: 'x' } },
      stamp,
      undefined,
    );
    const message = {
      ...stored({ text: '', extra: 1, page: 1 }),
      headers: splitHeaders(`NATS/1.0\r\n${old.headers}\r\n`),
      payload: old.payload,
    };
    expect(decode(message)).toMatchObject({ type: 'test.opened.v2', data: { by: { name: 'x' } } });
  });

  it('gives an unknown type as an envelope with its bytes, whatever they are', () => {
    const message = { ...stored({ text: 't', extra: 1, page: 1 }), payload: Buffer.from([1, 2, 3]) };
    const ignorant = codec(having(key), [openedV2], []);
    expect(ignorant.decode(message)).toMatchObject({
      known: false,
      type: 'test.noted.v1',
      id: 'c.1',
      data: Buffer.from([1, 2, 3]),
    });
  });

  it('writes only what fits the newest schema, without what the schema does not name', () => {
    const { check } = { check: (type: string, data: unknown) => codec().check({ type, data }) };
    expect(check('test.noted.v1', { text: 't', extra: 1, page: 1, more: 2 }).data).toEqual({
      text: 't',
      extra: 1,
      page: 1,
    });
    expect(() => check('test.noted.v1', { text: 1 })).toThrow('does not fit its schema');
    expect(() => check('test.opened.v1', { by: 'x' })).toThrow('superseded by test.opened.v2');
    expect(() => check('test.unknown.v1', {})).toThrow('not in the catalog');
    expect(() => codec().encode({ type: 'test.noted.v1', data: { text: 't' } }, stamp, undefined)).toThrow(
      'no data key',
    );
  });
});

describe('a catalog', () => {
  it('refuses definitions that contradict each other', () => {
    expect(() => new Catalog([opened, opened])).toThrow('defined twice');
    expect(() => new Catalog([opened, openedV2])).toThrow('no upcaster leads from test.opened.v1');
    expect(() => new Catalog([opened, openedV2], [...upcasters, ...upcasters])).toThrow('two upcasters');
    expect(
      () =>
        new Catalog(
          [opened, openedV2],
          [{ from: 'test.opened.v1', to: 'test.opened.v3', upcast: (data) => data }],
        ),
    ).toThrow('no upcaster');
  });
});

describe('a data key', () => {
  it('makes MACs that differ by key and value and are not made with the key itself', () => {
    expect(key.mac('a')).toBe(new DataKey(key.bytes).mac('a'));
    expect(new Set([key.mac('a'), key.mac('b'), new DataKey().mac('a')]).size).toBe(3);
    expect(key.mac('a')).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('has 32 bytes', () => {
    expect(() => new DataKey(Buffer.alloc(16))).toThrow(RangeError);
  });
});
