import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { BatchPublisher } from '../batch-publisher.ts';
import type { Bus } from '../bus.ts';
import { jetStream } from '../jetstream-api.ts';
import { TASK_EVENTS_STREAM } from '../streams.ts';
import { connect } from '../testing/world.ts';
import { ensureTopology } from '../topology.ts';
import { Tally } from './tally.ts';

describe('a tally', () => {
  let nats: TestNats;
  let bus: Bus;
  let publisher: BatchPublisher;
  let batch: string;

  beforeAll(async () => {
    nats = await startTestNats();
    bus = await connect(nats.url);
    await ensureTopology(bus);
    publisher = new BatchPublisher({ bus, stream: TASK_EVENTS_STREAM });
  });
  beforeEach(() => {
    batch = randomUUID();
  });
  afterAll(async () => {
    await bus.close();
    await nats.stop();
  });

  const store = async (count: number, { from = 0, of = batch } = {}): Promise<number> => {
    const stored = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        publisher.publish({
          subject: `tev.w.${of}.m${from + i}`,
          headers: `Nats-Msg-Id: ${randomUUID()}\r\n`,
          payload: Buffer.from('{}'),
          expect: 0,
        }),
      ),
    );
    return Math.max(...stored.map(({ seq }) => seq));
  };
  const tally = (through = bus): Tally =>
    new Tally({
      bus: through,
      stream: TASK_EVENTS_STREAM,
      filter: `tev.w.${batch}.*`,
      isMarked: ({ subject }) => subject.endsWith('7'),
    });

  it('counts on from where it was, over more pages than one, and nothing of others', async () => {
    const counted = tally();
    expect(await counted.countTo(await store(2_100))).toEqual({ all: 2_100, marked: 210 });
    await store(3, { of: randomUUID() });
    const all = { all: 2_110, marked: 211 };
    expect(await counted.countTo(await store(10, { from: 2_100 }))).toEqual(all);
    expect(await counted.countTo(counted.upTo)).toEqual(all);
  });

  it('counts a subject once whose message is stored again', async () => {
    await store(3);
    const again = await store(2, { from: 1 });
    expect(await tally().countTo(again)).toMatchObject({ all: 3 });
  });

  it('asks again when the replica that answered lags behind', async () => {
    await store(4);
    const last = await store(1, { from: 4 });
    const gives = [2, 0, 0, 1, 0];
    expect(await tally(lagBehind(bus, gives)).countTo(last)).toMatchObject({ all: 5 });
    expect(gives).toEqual([]);
  });

  it('gives what is there when what it was to reach is gone', async () => {
    const last = await store(3);
    await jetStream(bus, `STREAM.PURGE.${TASK_EVENTS_STREAM}`, { filter: `tev.w.${batch}.m2` });
    expect(await tally().countTo(last)).toMatchObject({ all: 2 });
  });
});

/** A bus whose first direct gets are answered as if by replicas that have so many more messages and not the next one. */
function lagBehind(bus: Bus, gives: number[]): Bus {
  const nc = new Proxy(bus.nc, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (key !== 'publish') return value.bind(target) as unknown;
      return (subject: string, payload: string, options: object) => {
        const batch = subject.startsWith('$JS.API.DIRECT.GET.') ? gives.shift() : undefined;
        const asked = JSON.parse(payload) as object;
        const late = batch === 0 ? { next_by_subj: 'tev.nobody.nothing.*' } : { batch };
        target.publish(
          subject,
          batch === undefined ? payload : JSON.stringify({ ...asked, ...late }),
          options,
        );
      };
    },
  });
  return new Proxy(bus, {
    get(target, key): unknown {
      if (key === 'nc') return nc;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
