import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { BatchPublisher, type IdentifiedMessage } from './batch-publisher.ts';
import type { Bus } from './bus.ts';
import { directGet } from './direct-get.ts';
import { jetStream } from './jetstream-api.ts';
import { DELIVERIES_STREAM, TASK_STREAMS } from './streams.ts';
import { startProxy, type Proxy } from './testing/proxy.ts';
import { connect } from './testing/world.ts';
import { ensureTopology } from './topology.ts';

interface State {
  readonly messages: number;
  readonly last_seq: number;
}

describe('the batch publisher', () => {
  let nats: TestNats;
  let bus: Bus;
  let name: string;

  beforeAll(async () => {
    nats = await startTestNats();
    bus = await connect(nats.url);
    await ensureTopology(bus);
  });
  beforeEach(() => {
    name = randomUUID();
  });
  afterAll(async () => {
    await bus.close();
    await nats.stop();
  });

  const message = (
    id: number | string,
    payload = '',
    subject = `delivery.w.${name}._`,
  ): IdentifiedMessage => ({
    subject,
    headers: `Nats-Msg-Id: ${name}.${id}\r\n`,
    payload: Buffer.from(payload || String(id)),
  });
  const messages = (count: number, from = 0): IdentifiedMessage[] =>
    Array.from({ length: count }, (_, i) => message(from + i));
  const state = async (stream: string): Promise<State> =>
    (await jetStream<{ state: State }>(bus, `STREAM.INFO.${stream}`)).state;
  const stored = async (subject = `delivery.w.${name}._`): Promise<string[]> => {
    const texts: string[] = [];
    for (let [seq, more] = [1, true]; more;) {
      const found = await directGet(bus, DELIVERIES_STREAM, { seq, subject, batch: 1000 });
      texts.push(...found.messages.map(({ payload }) => Buffer.from(payload).toString()));
      [seq, more] = [(found.messages.at(-1)?.seq ?? 0) + 1, found.more];
    }
    return texts;
  };

  it('stores what is called at once, in the order of the calls, in few batches', async () => {
    const publisher = new BatchPublisher({ bus, stream: DELIVERIES_STREAM });
    const { last_seq: before } = await state(DELIVERIES_STREAM);
    const heard = bus.nc.stats().inMsgs;
    const published = await Promise.all(messages(2500).map((one) => publisher.publish(one)));
    // Each batch is answered twice: its first message and its commit.
    expect(bus.nc.stats().inMsgs - heard).toBeLessThan(30);
    expect(published).toEqual(
      Array.from({ length: 2500 }, (_, i) => ({ seq: before + 1 + i, duplicate: false })),
    );
    expect(await stored()).toEqual(Array.from({ length: 2500 }, (_, i) => String(i)));
  });

  it('stores the first of a subject, where that is asked, and says where it lies to all later ones', async () => {
    const publisher = new BatchPublisher({ bus, stream: DELIVERIES_STREAM });
    const first = (id: string, subject: string): IdentifiedMessage => ({
      ...message(id, '', `delivery.w.${name}.${subject}`),
      expect: 0,
    });
    const [one, twin, other] = await Promise.all([
      publisher.publish(first('1', 'a')),
      publisher.publish(first('2', 'a')),
      publisher.publish(first('3', 'b')),
    ]);
    expect([one?.duplicate, twin?.duplicate, other?.duplicate].sort()).toEqual([false, false, true]);
    expect(twin?.seq).toBe(one?.seq);
    expect(await publisher.publish(first('4', 'b'))).toEqual({ seq: other?.seq, duplicate: true });
    const among = await Promise.all(
      ['c', 'a', 'd'].map((subject) => publisher.publish(first(`5${subject}`, subject))),
    );
    expect(among.map(({ duplicate }) => duplicate)).toEqual([false, true, false]);
    expect(among[1]?.seq).toBe(one?.seq);
  });

  it('stores a message that is alone without a batch', async () => {
    const publisher = new BatchPublisher({ bus, stream: DELIVERIES_STREAM });
    const { seq } = await publisher.publish(message('only'));
    const found = await directGet(bus, DELIVERIES_STREAM, { seq, subject: `delivery.w.${name}._`, batch: 1 });
    expect(
      [...(found.messages[0]?.headers.keys() ?? [])].filter((key) => key.startsWith('Nats-Batch')),
    ).toEqual([]);
  });

  it('counts a message that is known as stored, without holding its neighbours up', async () => {
    const publisher = new BatchPublisher({ bus, stream: DELIVERIES_STREAM });
    const first = await publisher.publish(message(3));
    const published = await Promise.all(messages(500).map((one) => publisher.publish(one)));
    expect(published[3]).toEqual({ seq: first.seq, duplicate: true });
    expect(published.filter(({ duplicate }) => duplicate)).toHaveLength(1);
    expect(await stored()).toEqual([
      '3',
      ...Array.from({ length: 500 }, (_, i) => String(i)).filter((i) => i !== '3'),
    ]);
  });

  it('stores the same id once when it is given twice at once', async () => {
    const publisher = new BatchPublisher({ bus, stream: DELIVERIES_STREAM });
    const published = await Promise.all([1, 2, 1, 3].map((id) => publisher.publish(message(id))));
    expect(published.map(({ duplicate }) => duplicate)).toEqual([false, false, true, false]);
    expect(published[2]?.seq).toBe(published[0]?.seq);
    expect(await stored()).toEqual(['1', '2', '3']);
  });

  it('answers when everything is known', async () => {
    const publisher = new BatchPublisher({ bus, stream: DELIVERIES_STREAM });
    const first = await Promise.all(messages(300).map((one) => publisher.publish(one)));
    const second = await Promise.all(messages(300).map((one) => publisher.publish(one)));
    expect(second).toEqual(first.map(({ seq }) => ({ seq, duplicate: true })));
  });

  it('fails a message that the stream refuses alone', async () => {
    const publisher = new BatchPublisher({ bus, stream: DELIVERIES_STREAM });
    const { headers, ...guilty } = message('guilty');
    const wrong = { ...guilty, headers: `${headers}Nats-TTL: 60s\r\n` };
    const outcomes = await Promise.allSettled(
      [...messages(20), wrong, ...messages(20, 20)].map((one) => publisher.publish(one)),
    );
    const failed = outcomes.flatMap((outcome, index) =>
      outcome.status === 'rejected' ? [[index, String(outcome.reason)]] : [],
    );
    expect(failed).toEqual([[20, expect.stringMatching(/per-message TTL is disabled/)]]);
    expect(await stored()).toHaveLength(40);
  });

  it('keeps a batch of large messages small', async () => {
    const publisher = new BatchPublisher({ bus, stream: DELIVERIES_STREAM });
    const large = Array.from({ length: 12 }, (_, i) => message(i, 'x'.repeat(1_000_000)));
    await Promise.all(large.map((one) => publisher.publish(one)));
    expect(await stored()).toHaveLength(12);
  });

  it('stores tasks that wait, schedules and messages that expire', async () => {
    const publisher = new BatchPublisher({ bus, stream: TASK_STREAMS.high });
    const { headers } = message('schedule');
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const schedule = `${headers}Nats-Schedule: @at ${at}\r\nNats-Schedule-Target: task.high.${name}\r\n`;
    const expiring = `${message('expiring').headers}Nats-TTL: 3600s\r\n`;
    await Promise.all([
      publisher.publish(message('plain', '', `task.high.${name}`)),
      publisher.publish({ ...message('s', '', `sched.high.${name}.1`), headers: schedule }),
      publisher.publish({ ...message('t', '', `task.high.${name}`), headers: expiring }),
    ]);
    const { state } = await jetStream<{ state: { subjects: unknown } }>(
      bus,
      `STREAM.INFO.${TASK_STREAMS.high}`,
      {
        subjects_filter: '>',
      },
    );
    expect(state.subjects).toEqual({ [`task.high.${name}`]: 2, [`sched.high.${name}.1`]: 1 });
  });

  describe('refuses', () => {
    const refused = async (one: IdentifiedMessage): Promise<unknown> =>
      await new BatchPublisher({ bus, stream: DELIVERIES_STREAM })
        .publish(one)
        .catch((error: unknown) => error);

    it('a message of another stream', async () => {
      expect(await refused(message(1, '', 'tev.w.1'))).toMatchObject({
        message: 'tev.w.1 is no subject of the stream DELIVERIES',
      });
    });

    it('a message without id', async () => {
      expect(await refused({ ...message(1), headers: 'x: Nats-Msg-Id: 1\r\n' })).toMatchObject({
        message: expect.stringMatching(/has no id/),
      });
    });

    it('a message that is larger than what the bus takes', async () => {
      const large = message(1, 'x'.repeat(bus.maxPayload));
      expect(await refused(large)).toMatchObject({ code: 'body_too_large' });
    });

    it('more messages than may wait', async () => {
      const publisher = new BatchPublisher({ bus, stream: DELIVERIES_STREAM, maxWaiting: 10 });
      const outcomes = await Promise.allSettled(messages(12).map((one) => publisher.publish(one)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
      expect(outcomes.slice(10)).toMatchObject([
        { reason: { code: 'overloaded', retryAfter: 1 } },
        { reason: { code: 'overloaded' } },
      ]);
      await expect(publisher.publish(message(12))).resolves.toMatchObject({ duplicate: false });
    });

    it('messages while it stops, and answers those at hand', async () => {
      const publisher = new BatchPublisher({ bus, stream: DELIVERIES_STREAM });
      const atHand = Promise.all(messages(1500).map((one) => publisher.publish(one)));
      const drained = publisher.drain();
      await expect(publisher.publish(message('late'))).rejects.toMatchObject({ code: 'service_unavailable' });
      await drained;
      expect(await stored()).toHaveLength(1500);
      await atHand;
      await publisher.drain();
    });
  });

  describe('on a bad connection', () => {
    let proxy: Proxy;
    let shaky: Bus;

    beforeEach(async () => {
      proxy = await startProxy(nats.url);
      shaky = await connect(proxy.url);
    });
    afterEach(async () => {
      proxy.cut();
      await shaky.close();
      await proxy.close();
    });

    it('sends again what was not answered, and stores nothing twice', async () => {
      const publisher = new BatchPublisher({ bus: shaky, stream: DELIVERIES_STREAM });
      proxy.muteServer();
      const publishing = Promise.all(messages(50).map((one) => publisher.publish(one)));
      await eventually(async () => expect(await stored()).toHaveLength(50));
      proxy.cut();
      expect((await publishing).map(({ duplicate }) => duplicate)).toEqual(Array<boolean>(50).fill(true));
      expect(await stored()).toHaveLength(50);
    });

    it('sends again what did not get there, and what comes late then changes nothing', async () => {
      const publisher = new BatchPublisher({ bus: shaky, stream: DELIVERIES_STREAM });
      const release = proxy.holdClients();
      const publishing = Promise.all(messages(50).map((one) => publisher.publish(one)));
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      proxy.cut();
      await publishing;
      release();
      await publisher.publish(message('last'));
      expect(await stored()).toHaveLength(51);
    });

    it('says that it does not know when no answer comes for long', async () => {
      const publisher = new BatchPublisher({ bus: shaky, stream: DELIVERIES_STREAM, patienceMs: 1 });
      proxy.muteServer();
      const publishing = publisher.publish(message(1));
      const settled = expect(publishing).rejects.toMatchObject({ code: 'outcome_unknown' });
      await eventually(async () => expect(await stored()).toHaveLength(1));
      proxy.cut();
      await settled;
    });

    it('says at once that the bus is away', async () => {
      const publisher = new BatchPublisher({ bus: shaky, stream: DELIVERIES_STREAM });
      await proxy.close();
      await eventually(() => expect(shaky.connected).toBe(false));
      await expect(publisher.publish(message(1))).rejects.toMatchObject({
        code: 'bus_unavailable',
        retryAfter: 1,
      });
    });
  });
});
