import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { defineEvent, newEvent, type DomainEvent } from '#contracts/event';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import type { Bus } from './bus.ts';
import type { EventLog, LogBatch } from './event-log.ts';
import { jetStream } from './jetstream-api.ts';
import { openRecords, type Records, type RecordStamp } from './records.ts';
import { DELIVERIES_STREAM, TASK_EVENTS_STREAM } from './streams.ts';
import { connect } from './testing/world.ts';
import { ensureTopology } from './topology.ts';

const noted = defineEvent({
  name: 'test.note.changed',
  version: 1,
  family: 'task',
  data: z.object({ text: z.string() }),
  summary: 'A note was changed; this is the whole of it.',
});

const note = (text: string): DomainEvent => newEvent(noted, { text });
const stamp = (): RecordStamp => ({
  id: randomUUID(),
  time: '2026-01-02T03:04:05.000Z',
  actor: 'tester',
  correlation: 'spec',
});

describe('records', () => {
  let nats: TestNats;
  let bus: Bus;
  let tasks: Records;
  let deliveries: Records;
  let name: string;
  let stop: AbortController;
  const running: Promise<unknown>[] = [];

  beforeAll(async () => {
    nats = await startTestNats();
    bus = await connect(nats.url);
    const options = { source: '/formbus/spec', events: [noted] };
    tasks = await openRecords(bus, { stream: TASK_EVENTS_STREAM, ...options });
    deliveries = await openRecords(bus, { stream: DELIVERIES_STREAM, ...options });
  });
  beforeEach(() => {
    name = randomUUID();
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await Promise.all(running.splice(0));
  });
  afterAll(async () => {
    await bus.close();
    await nats.stop();
  });

  function collect(log: EventLog, filters: string[], after: number, maxBatch = 1000): LogBatch[] {
    const batches: LogBatch[] = [];
    running.push(
      (async () => {
        for await (const batch of log.follow({ filters, after, maxBatch, signal: stop.signal }))
          batches.push(batch);
      })(),
    );
    return batches;
  }
  const textsOf = (batches: readonly LogBatch[]): unknown[] =>
    batches.flatMap(({ events }) => events.map(({ data }) => (data as { text: string }).text));
  const firstSeq = async (stream: string): Promise<number> =>
    (await jetStream<{ state: { first_seq: number } }>(bus, `STREAM.INFO.${stream}`)).state.first_seq;

  it('are read as events are, under an epoch of their own', async () => {
    const subject = `delivery.w.${name}._`;
    const { seq } = await deliveries.record(subject, note('a'), { ...stamp(), causation: 'why' });
    await deliveries.record(subject, note('b'), { ...stamp(), version: 2 });
    const { epoch } = deliveries.log;
    expect(await deliveries.log.read(subject)).toMatchObject([
      {
        seq,
        position: `${epoch}.${seq}`,
        workspace: 'w',
        type: 'test.note.changed.v1',
        version: 1,
        source: '/formbus/spec',
        causation: 'why',
        data: { text: 'a' },
      },
      { seq: seq + 1, version: 2, data: { text: 'b' } },
    ]);
    expect(await deliveries.log.lastSeq()).toBe(seq + 1);
    expect(await deliveries.log.tail(subject)).toBe(seq + 1);
    expect(epoch).not.toBe(tasks.log.epoch);
    expect((await ensureTopology(bus)).epoch).not.toBe(epoch);
  });

  it('are stored once when they are recorded twice', async () => {
    const subject = `delivery.w.${name}._`;
    const id = stamp();
    const first = await deliveries.record(subject, note('a'), id);
    expect(await deliveries.record(subject, note('a'), id)).toEqual({ seq: first.seq, duplicate: true });
    expect(await deliveries.log.read(subject)).toHaveLength(1);
  });

  it('are refused when they do not fit their schema', async () => {
    const wrong = { type: 'test.note.changed.v1', data: { text: 1 } };
    await expect(deliveries.record(`delivery.w.${name}._`, wrong, stamp())).rejects.toThrow(
      /does not fit its schema/,
    );
  });

  it('of tasks leave the newest of each alone', async () => {
    const subject = `tev.w.${name}`;
    await Promise.all(['a', 'b', 'c'].map((text) => tasks.record(subject, note(text), stamp())));
    expect(await tasks.log.read(subject)).toMatchObject([{ data: { text: 'c' } }]);
  });

  it('are followed from before the first one that is left', async () => {
    const after = await deliveries.log.lastSeq();
    for (const text of ['a', 'b', 'c']) await deliveries.record(`delivery.w.${name}._`, note(text), stamp());
    await jetStream(bus, `STREAM.PURGE.${DELIVERIES_STREAM}`, { seq: after + 3 });
    expect(await firstSeq(DELIVERIES_STREAM)).toBe(after + 3);
    const seen = collect(deliveries.log, ['delivery.>'], after);
    await eventually(() => expect(textsOf(seen)).toEqual(['c']));
    expect(seen.at(-1)).toMatchObject({ lastSeq: after + 3, pending: 0 });
    expect(await deliveries.log.hasPending(['delivery.>'], after, after + 2)).toBe(false);
    expect(await deliveries.log.hasPending(['delivery.>'], after, after + 3)).toBe(true);
  });

  it('are followed where none are left', async () => {
    await deliveries.record(`delivery.w.${name}._`, note('a'), stamp());
    await jetStream(bus, `STREAM.PURGE.${DELIVERIES_STREAM}`);
    const seen = collect(deliveries.log, ['delivery.>'], 0);
    await eventually(() => expect(seen).toEqual([{ events: [], lastSeq: 0, pending: 0 }]));
    await deliveries.record(`delivery.w.${name}._`, note('b'), stamp());
    await eventually(() => expect(textsOf(seen)).toEqual(['b']));
  });

  it('that vanish before a reader comes to them leave it caught up', async () => {
    const after = await deliveries.log.lastSeq();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => deliveries.record(`delivery.w.${name}._`, note(`${i}`), stamp())),
    );
    const reading = deliveries.log
      .follow({ filters: ['delivery.>'], after, maxBatch: 2, signal: stop.signal })
      [Symbol.asyncIterator]();
    const first = await reading.next();
    expect(first.value).toMatchObject({ lastSeq: after + 2, pending: 18 });
    await jetStream(bus, `STREAM.PURGE.${DELIVERIES_STREAM}`);
    let last = first;
    while (last.value.pending > 0) last = await reading.next();
    expect(last.value).toMatchObject({ events: [], pending: 0 });
    await reading.return?.();
  });

  it('are answered while stopping, and no more are taken', async () => {
    const own = await openRecords(bus, {
      stream: TASK_EVENTS_STREAM,
      source: '/formbus/spec',
      events: [noted],
    });
    const recording = own.record(`tev.w.${name}`, note('a'), stamp());
    await own.drain();
    await expect(recording).resolves.toMatchObject({ duplicate: false });
    await expect(own.record(`tev.w.${name}`, note('b'), stamp())).rejects.toMatchObject({
      code: 'service_unavailable',
    });
  });
});
