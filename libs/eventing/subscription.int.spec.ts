import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import type { DeadLetter } from './dead-letter.ts';
import { leaderGet } from './direct-get.ts';
import { rewindDurable } from './durable.ts';
import { jetStream } from './jetstream-api.ts';
import { metrics } from './metrics.ts';
import {
  Deferred,
  Permanent,
  Retryable,
  Subscription,
  type Delivery,
  type SubscriptionOptions,
} from './subscription.ts';
import type { StoredEvent } from './stored-event.ts';
import { count } from './testing/notebook.ts';
import { openWorld, type World } from './testing/world.ts';

describe('a durable subscription', () => {
  let nats: TestNats;
  let world: World;
  let name: string;
  const open: Subscription<StoredEvent>[] = [];

  beforeAll(async () => {
    nats = await startTestNats();
    world = await openWorld(nats.url);
  });
  beforeEach(() => {
    name = randomUUID();
  });
  afterEach(async () => {
    for (const subscription of open.splice(0)) await subscription.drain(100);
    await jetStream(world.bus, `CONSUMER.DELETE.EVENTS.${name}`).catch(() => undefined);
  });
  afterAll(async () => {
    await world.bus.close();
    await nats.stop();
  });

  type Handle = (event: StoredEvent, delivery: Delivery) => Promise<void>;

  async function subscribe(
    handle: Handle,
    options: Partial<SubscriptionOptions<StoredEvent>> = {},
  ): Promise<Subscription<StoredEvent>> {
    const subscription = new Subscription<StoredEvent>({
      bus: world.bus,
      stream: 'EVENTS',
      durable: name,
      filters: [`evt.w.form.${name}`],
      decode: (message) => world.codec.decode(message),
      handle,
      ackWaitMs: 1000,
      backoffMs: [20, 20],
      ...options,
    });
    await subscription.start();
    open.push(subscription);
    return subscription;
  }
  const append = (by: string) => world.executor.execute(count(name, { by }));
  const who = (event: StoredEvent) => (event.data as { by: string }).by;
  const state = () =>
    jetStream<{ num_pending: number; num_ack_pending: number; ack_floor: { consumer_seq: number } }>(
      world.bus,
      `CONSUMER.INFO.EVENTS.${name}`,
    );
  const letter = async (): Promise<DeadLetter | undefined> => {
    const found = await leaderGet(world.bus, 'DLQ', { last_by_subj: `dlq.EVENTS.${name}` });
    return found && (JSON.parse(Buffer.from(found.payload).toString()) as DeadLetter);
  };

  it('hands over every event, from the beginning, and acknowledges', async () => {
    await append('a');
    const seen: string[] = [];
    await subscribe(async (event) => void seen.push(who(event)));
    await append('b');
    await eventually(() => expect(seen.sort()).toEqual(['a', 'b']));
    await eventually(async () => expect(await state()).toMatchObject({ num_pending: 0, num_ack_pending: 0 }));
  });

  it('tries again after any error, with its pauses, and counts the attempts', async () => {
    const attempts: number[] = [];
    await subscribe(async (_event, { attempt }) => {
      attempts.push(attempt);
      if (attempt === 1) throw new Error('anything');
      if (attempt === 2) throw new Retryable('later');
    });
    await append('a');
    await eventually(() => expect(attempts).toEqual([1, 2, 3]));
    await eventually(async () => expect(await state()).toMatchObject({ num_ack_pending: 0 }));
    expect(await letter()).toBeUndefined();
  });

  it('parks after the last attempt: stored as a dead letter, never delivered again', async () => {
    let attempts = 0;
    await subscribe(async () => {
      attempts++;
      throw new TypeError('no way');
    });
    const { last } = await append('a');
    await eventually(async () =>
      expect(await state()).toMatchObject({ num_ack_pending: 0, ack_floor: { consumer_seq: 3 } }),
    );
    expect(attempts).toBe(3);
    const parked = await letter();
    expect(parked).toMatchObject({
      stream: 'EVENTS',
      durable: name,
      attempts: 3,
      error: { name: 'TypeError', message: 'no way' },
    });
    expect(last.endsWith(`.${parked?.seq}`)).toBe(true);
    expect(parked).not.toHaveProperty('payload');
    expect(parked?.headers['ce-type']).toBe('test.counter.counted.v1');
  });

  it('stores one letter, also when whoever is told of it fails', async () => {
    const stored: string[] = [];
    const listening = world.bus.nc.subscribe(`dlq.EVENTS.${name}`, {
      callback: (_error, msg) => void stored.push(msg.subject),
    });
    let told = 0;
    await subscribe(() => Promise.reject(new Permanent('broken for good')), {
      parked: () => (++told === 1 ? Promise.reject(new Error('not now')) : Promise.resolve()),
    });
    await append('a');
    await eventually(() => expect(told).toBe(2), { timeoutMs: 20_000 });
    await eventually(async () => expect(await state()).toMatchObject({ num_ack_pending: 0 }));
    expect(stored).toHaveLength(1);
    const { values } = await metrics.deadLetters.get();
    expect(values.find(({ labels }) => labels.durable === name)?.value).toBe(1);
    listening.unsubscribe();
  });

  it('keeps the words of an error to the dead letter', async () => {
    const reasons: (string | undefined)[] = [];
    const listening = world.bus.nc.subscribe(`$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.EVENTS.${name}`, {
      callback: (_error, msg) => void reasons.push(msg.json<{ reason?: string }>().reason),
    });
    await subscribe(() => Promise.reject(new Permanent('who@example.org is broken')));
    await append('a');
    await eventually(() => expect(reasons).toEqual(['parked in the dead letters']));
    expect((await letter())?.error.message).toBe('who@example.org is broken');
    listening.unsubscribe();
  });

  it('parks at once what is permanent', async () => {
    let attempts = 0;
    await subscribe(async () => {
      attempts++;
      throw new Permanent('broken for good');
    });
    await append('a');
    await eventually(async () => expect((await letter())?.error.message).toBe('broken for good'));
    await eventually(async () => expect(await state()).toMatchObject({ num_ack_pending: 0 }));
    expect(attempts).toBe(1);
  });

  it('waits with what is deferred, and does not count it as an attempt', async () => {
    const seen: { attempt: number; at: number }[] = [];
    const due = Date.now() + 300;
    await subscribe(async (_event, { attempt }) => {
      seen.push({ attempt, at: Date.now() });
      if (seen.length < 5) throw new Deferred(new Date(Math.max(due, Date.now() + 20)));
    });
    await append('a');
    await eventually(() => expect(seen).toHaveLength(5));
    expect(seen[1]?.at).toBeGreaterThanOrEqual(due);
    expect(seen.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1]);
    expect(await letter()).toBeUndefined();
  });

  it('keeps a slow message by heartbeats, and gives up one whose process died', async () => {
    const [slow, finished] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let deliveries = 0;
    await subscribe(
      async () => {
        deliveries++;
        if (deliveries === 1) await slow.promise;
        finished.resolve();
      },
      { ackWaitMs: 3000 },
    );
    await append('a');
    await eventually(() => expect(deliveries).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 4500));
    expect(deliveries).toBe(1);
    slow.resolve();
    await finished.promise;
    await eventually(async () => expect(await state()).toMatchObject({ num_ack_pending: 0 }));

    const dying = await openWorld(nats.url);
    const stuck = Promise.withResolvers<void>();
    await open.pop()?.drain();
    await subscribe(() => stuck.promise, { bus: dying.bus, ackWaitMs: 300 });
    await append('b');
    await eventually(async () => expect(await state()).toMatchObject({ num_ack_pending: 1 }));
    await dying.bus.nc.close();
    const seen: string[] = [];
    await subscribe(async (event) => void seen.push(who(event)), { ackWaitMs: 300 });
    await eventually(() => expect(seen).toEqual(['b']));
    stuck.resolve();
  });

  it('works once on a message that comes again while it is in hand, and answers the newest delivery', async () => {
    const release = Promise.withResolvers<void>();
    const begun: string[] = [];
    await subscribe(
      async (event, { attempt }) => {
        begun.push(`${who(event)}${attempt}`);
        if (who(event) === 'slow') await release.promise;
        if (begun.length === 2) throw new Error('once');
      },
      { ackWaitMs: 10_000 },
    );
    await append('slow');
    await eventually(() => expect(begun).toEqual(['slow1']));
    await rewindDurable(world.bus, 'EVENTS', name);
    // What is appended now comes behind the other delivery.
    await append('next');
    await eventually(() => expect(begun).toEqual(['slow1', 'next1', 'next2']));
    expect(await state()).toMatchObject({ num_ack_pending: 1 });
    release.resolve();
    await eventually(async () => expect(await state()).toMatchObject({ num_ack_pending: 0 }));
    expect(begun).toHaveLength(3);
  });

  it('handles no more at once than it may', async () => {
    let [now, most, done] = [0, 0, 0];
    for (let i = 0; i < 60; i++) await append(`n${i}`);
    await subscribe(
      async () => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 5));
        now--;
        done++;
      },
      { concurrency: 4 },
    );
    await eventually(() => expect(done).toBe(60));
    expect(most).toBe(4);
  });

  it('acknowledges types that it does not handle, unseen', async () => {
    const seen: string[] = [];
    await append('a');
    await subscribe(async (event) => void seen.push(event.type), { types: ['test.counter.other.v1'] });
    await eventually(async () => expect(await state()).toMatchObject({ num_pending: 0, num_ack_pending: 0 }));
    expect(seen).toEqual([]);
  });

  it('finishes what is in hand when it drains, and gives back what takes too long', async () => {
    const release = Promise.withResolvers<void>();
    const started: string[] = [];
    let aborted = false;
    const subscription = await subscribe(async (event, { signal }) => {
      started.push(who(event));
      if (who(event) === 'quick') return release.promise;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      aborted = true;
    });
    await append('quick');
    await append('stuck');
    await eventually(() => expect(started.sort()).toEqual(['quick', 'stuck']));
    const drained = subscription.drain(300);
    release.resolve();
    await append('late');
    await drained;
    expect(aborted).toBe(true);
    expect(started).toHaveLength(2);

    const next: string[] = [];
    await subscribe(async (event) => void next.push(who(event)));
    await eventually(() => expect(next.sort()).toEqual(['late', 'stuck']));
  });

  it('goes on after a kill of the server, having lost nothing', async () => {
    const seen = new Set<string>();
    await subscribe(async (event) => void seen.add(who(event)));
    for (let i = 0; i < 20; i++) await append(`before${i}`);
    await nats.kill();
    await nats.restart();
    await world.bus.whenConnected(AbortSignal.timeout(10_000));
    for (let i = 0; i < 20; i++) await append(`after${i}`);
    await eventually(() => expect(seen.size).toBe(40), { timeoutMs: 20_000 });
  });
});
