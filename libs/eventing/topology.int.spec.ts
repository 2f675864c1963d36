import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { StreamInfo } from '@nats-io/jetstream';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import type { Bus } from './bus.ts';
import { jetStream } from './jetstream-api.ts';
import { EVENTS_STREAM, LOG_STREAMS, STREAMS, TASK_STREAMS, TOPOLOGY_VERSION } from './streams.ts';
import { connect } from './testing/world.ts';
import { ensureTopology, StreamDrift } from './topology.ts';

/** Those that topology 1 did not have. */
const LATER_STREAMS = new Set<string>([...Object.values(TASK_STREAMS), 'TASK_EVENTS', 'DELIVERIES']);

describe('the topology', () => {
  let nats: TestNats;
  let bus: Bus;

  beforeAll(async () => {
    nats = await startTestNats();
    bus = await connect(nats.url);
  });
  afterAll(async () => {
    await bus.close();
    await nats.stop();
  });
  beforeEach(async () => {
    for (const { name } of STREAMS) await jetStream(bus, `STREAM.DELETE.${name}`).catch(() => undefined);
  });

  const config = async (name: string) => (await jetStream<StreamInfo>(bus, `STREAM.INFO.${name}`)).config;
  const change = async (name: string, changes: Record<string, unknown>) =>
    jetStream(bus, `STREAM.UPDATE.${name}`, { ...(await config(name)), ...changes });

  it('creates every stream, with one epoch that stays', async () => {
    const first = await ensureTopology(bus);
    expect(first).toEqual({ epoch: expect.stringMatching(/^[0-9a-f]{10}$/), lastSeq: 0 });
    expect(await ensureTopology(bus)).toEqual(first);
    expect(await config(EVENTS_STREAM)).toMatchObject({
      allow_atomic: true,
      allow_direct: true,
      deny_purge: true,
      mirror_direct: false,
    });
  });

  it('agrees on one epoch when many processes start at once', async () => {
    const infos = await Promise.all(Array.from({ length: 8 }, () => ensureTopology(bus)));
    expect(new Set(infos.map(({ epoch }) => epoch)).size).toBe(1);
  });

  it('refuses a stream that was changed by hand, naming what differs', async () => {
    await ensureTopology(bus);
    await change(EVENTS_STREAM, { duplicate_window: 5_000_000_000, subjects: ['evt.>', 'key.>', 'x.>'] });
    const refused = ensureTopology(bus);
    await expect(refused).rejects.toBeInstanceOf(StreamDrift);
    await expect(refused).rejects.toThrow(
      /stream EVENTS .*subjects: wanted \["evt\.>","key\.>"\], found \["evt\.>","key\.>","x\.>"\]/,
    );
    await expect(refused).rejects.toThrow(/duplicate_window: wanted 120000000000, found 5000000000/);
  });

  it('refuses a stream that Formbus did not create', async () => {
    await jetStream(bus, 'STREAM.CREATE.DLQ', { name: 'DLQ', subjects: ['dlq.>'] });
    await expect(ensureTopology(bus)).rejects.toThrow(/stream DLQ .*it was not created by Formbus/);
  });

  it('updates the streams of an older Formbus and keeps their epoch', async () => {
    const { epoch } = await ensureTopology(bus);
    const { metadata } = await config(EVENTS_STREAM);
    await change(EVENTS_STREAM, {
      duplicate_window: 5_000_000_000,
      metadata: { ...metadata, 'formbus-topology': '0' },
    });
    expect(await ensureTopology(bus)).toMatchObject({ epoch });
    expect(await config(EVENTS_STREAM)).toMatchObject({ duplicate_window: 120_000_000_000 });
  });

  it('updates every stream of the version before and creates those that it did not have', async () => {
    await ensureTopology(bus);
    for (const { name } of STREAMS) {
      const { metadata } = await config(name);
      if (LATER_STREAMS.has(name)) await jetStream(bus, `STREAM.DELETE.${name}`);
      else await change(name, { metadata: { ...metadata, 'formbus-topology': '1' } });
    }
    await ensureTopology(bus);
    for (const { name } of STREAMS) {
      expect((await config(name)).metadata).toMatchObject({ 'formbus-topology': String(TOPOLOGY_VERSION) });
    }
  });

  it('updates every stream to what it is already', async () => {
    await ensureTopology(bus);
    const before = await Promise.all(STREAMS.map(({ name }) => config(name)));
    for (const { name, metadata } of before)
      await change(name, { metadata: { ...metadata, 'formbus-topology': '0' } });
    await ensureTopology(bus);
    expect(await Promise.all(STREAMS.map(({ name }) => config(name)))).toEqual(before);
  });

  it('gives each stream that is read by positions an epoch of its own', async () => {
    const { epoch } = await ensureTopology(bus);
    const logs = await Promise.all(LOG_STREAMS.map((log) => ensureTopology(bus, { log })));
    expect(logs[0]).toEqual({ epoch, lastSeq: 0 });
    expect(new Set(logs.map((log) => log.epoch)).size).toBe(LOG_STREAMS.length);
    for (const name of Object.values(TASK_STREAMS))
      expect((await config(name)).metadata).not.toHaveProperty('formbus-epoch');
  });

  it('refuses streams of a newer Formbus', async () => {
    await ensureTopology(bus);
    const { metadata } = await config(EVENTS_STREAM);
    await change(EVENTS_STREAM, { metadata: { ...metadata, 'formbus-topology': '99' } });
    await expect(ensureTopology(bus)).rejects.toThrow(/newer Formbus \(topology 99/);
  });
});
