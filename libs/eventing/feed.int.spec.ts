import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { connectBus, type Bus } from './bus.ts';
import type { HeldMessage } from './delivery.ts';
import { durablesOf, rewindDurable } from './durable.ts';
import { Feed } from './feed.ts';
import { jetStream } from './jetstream-api.ts';

let nats: TestNats;
let bus: Bus;

beforeAll(async () => {
  nats = await startTestNats();
  bus = await connectBus({ servers: nats.url, name: 'feed spec', logger: pino({ level: 'silent' }) });
  await jetStream(bus, 'STREAM.CREATE.S', { name: 'S', subjects: ['s.>'], storage: 'file' });
});

afterAll(async () => {
  await bus?.close();
  await nats?.stop();
});

const publish = (subject: string): Promise<unknown> =>
  bus.request(subject, Buffer.from('payload'), { timeoutMs: 5_000 });

/** A feed of a subject of its own that keeps what it takes, in order. */
function feedOf(name: string, more: Partial<ConstructorParameters<typeof Feed>[0]> = {}) {
  const taken: HeldMessage[] = [];
  const feed = new Feed({
    ...{ bus, stream: 'S', durable: name, filters: [`s.${name}`], from: 'beginning', window: () => 4 },
    take: (held) => taken.push(held),
    ...more,
  });
  const seqs = (): number[] => taken.map(({ info }) => info.seq);
  return { feed, taken, seqs };
}

async function firstSeq(name: string, count: number): Promise<number> {
  for (let i = 0; i < count; i++) await publish(`s.${name}`);
  const { state } = await jetStream<{ state: { last_seq: number } }>(bus, 'STREAM.INFO.S');
  return state.last_seq - count + 1;
}

describe('a feed', () => {
  it('has no more in hand than its window, and goes on as messages leave', async () => {
    const first = await firstSeq('window', 10);
    const { feed, taken, seqs } = feedOf('window');
    await feed.start();
    await eventually(() => expect(taken).toHaveLength(4));
    for (let done = 0; done < 10; done++) {
      await eventually(() => expect(taken.length).toBeGreaterThan(done));
      expect(taken.length - done).toBeLessThanOrEqual(4);
      await taken[done]!.ack();
    }
    expect(seqs()).toEqual(Array.from({ length: 10 }, (_, index) => first + index));
    await feed.stop();
  });

  it('asks for nothing while its window is closed, until it is told to look again', async () => {
    await firstSeq('closed', 2);
    let window = 0;
    const { feed, taken } = feedOf('closed', { window: () => window });
    await feed.start();
    const info = await jetStream<{ num_waiting: number }>(bus, 'CONSUMER.INFO.S.closed');
    expect(info.num_waiting).toBe(0);
    window = 2;
    feed.fill();
    await eventually(() => expect(taken).toHaveLength(2));
    await feed.stop();
  });

  it('begins behind a sequence or with an instant, and gives headers alone if that is enough', async () => {
    const first = await firstSeq('from', 3);
    const { feed, taken, seqs } = feedOf('from', { from: { after: first }, headersOnly: true });
    await feed.start();
    await eventually(() => expect(seqs()).toEqual([first + 1, first + 2]));
    expect(taken.map(({ message }) => message.payload.length)).toEqual([0, 0]);
    await feed.stop();
    const late = feedOf('late', { filters: ['s.from'], from: { since: new Date().toISOString() } });
    await late.feed.start();
    await publish('s.from');
    await eventually(() => expect(late.seqs()).toEqual([first + 3]));
    await late.feed.stop();
  });

  it('gives again in order what was handed out and not acknowledged', async () => {
    const first = await firstSeq('rewind', 4);
    const before = feedOf('rewind');
    expect(await before.feed.start({ rewind: true })).toBeLessThan(first);
    await eventually(() => expect(before.taken).toHaveLength(4));
    await before.taken[0]!.ack();
    await before.taken[2]!.ack();
    for (const held of before.taken) held.abandon();
    await before.feed.stop();
    const after = feedOf('rewind');
    expect(await after.feed.start({ rewind: true })).toBe(first);
    await eventually(() => expect(after.seqs()).toEqual([first + 1, first + 2, first + 3]));
    await after.feed.stop();
  });

  it('gives nothing twice that is in hand still, and answers the newest delivery', async () => {
    const first = await firstSeq('twice', 2);
    const { feed, taken, seqs } = feedOf('twice');
    await feed.start();
    await eventually(() => expect(taken).toHaveLength(2));
    await rewindDurable(bus, 'S', 'twice');
    // What is published now comes behind the other deliveries.
    await publish('s.twice');
    await eventually(() => expect(seqs()).toEqual([first, first + 1, first + 2]));
    for (const held of taken) await held.ack();
    const info = await jetStream<{ num_ack_pending: number }>(bus, 'CONSUMER.INFO.S.twice');
    expect(info.num_ack_pending).toBe(0);
    await feed.stop();
  });

  it('survives a restart of the server, and leaves nothing behind when it is removed', async () => {
    const { feed, taken } = feedOf('restart');
    await feed.start();
    await nats.restart();
    await eventually(async () => {
      await publish('s.restart');
      expect(taken.length).toBeGreaterThan(0);
    });
    await feed.remove();
    expect(await durablesOf(bus, 'S', 'restart')).toEqual([]);
  });
});
