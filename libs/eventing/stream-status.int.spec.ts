import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { connectBus, type Bus } from './bus.ts';
import { ensureDurable } from './durable.ts';
import { store } from './jetstream-api.ts';
import { streamStatus, streamStatuses } from './stream-status.ts';
import { ensureTopology } from './topology.ts';

let nats: TestNats;
let bus: Bus;

beforeAll(async () => {
  nats = await startTestNats();
  bus = await connectBus({ servers: nats.url, name: 'spec', logger: pino({ level: 'silent' }) });
  await ensureTopology(bus);
});

afterAll(async () => {
  await bus?.close();
  await nats?.stop();
});

describe('the status of streams', () => {
  it('lists them by name, empty ones without ends', async () => {
    const found = await streamStatuses(bus);
    expect(found.map(({ name }) => name)).toEqual([...found.map(({ name }) => name)].sort());
    expect(found.find(({ name }) => name === 'DLQ')).toMatchObject({
      subjects: ['dlq.>'],
      retention: 'limits',
      messages: 0,
      consumers: 0,
      first: null,
      last: null,
    });
  });

  it('shows one with what waits for its consumers', async () => {
    await ensureDurable(bus, {
      stream: 'DLQ',
      durable: 'reader',
      filters: ['dlq.a.>'],
      from: 'beginning',
      ackWaitMs: 1000,
      maxAckPending: 10,
    });
    for (const subject of ['dlq.a.1', 'dlq.b.1'])
      await store(bus, subject, { headers: 'x: y\r\n', payload: Buffer.from('{}') });
    expect(await streamStatus(bus, 'DLQ')).toMatchObject({
      stream: { messages: 2, consumers: 1, first: { seq: 1 }, last: { seq: 2 } },
      consumers: [
        { name: 'reader', durable: true, filters: ['dlq.a.>'], pending: 1, unacknowledged: 0, paused: false },
      ],
    });
  });

  it.each(['NOTHING', 'not a name', 'EVENTS.x', ''])('has nothing of a stream %j', async (name) => {
    expect(await streamStatus(bus, name)).toBeUndefined();
  });
});
