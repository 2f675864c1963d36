import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { BatchPublisher, type IdentifiedMessage } from './batch-publisher.ts';
import { leaderGet } from './direct-get.ts';
import { IN_FLIGHT_PAUSE_MS, store } from './jetstream-api.ts';
import { acquireLease, type Lease } from './lease.ts';
import { thisProcess } from './lease-holder.ts';
import { DELIVERIES_STREAM, LEASE_BUCKET } from './streams.ts';
import { openTasks } from './task/open.ts';
import { count, write } from './testing/notebook.ts';
import { startProxy, type Proxy } from './testing/proxy.ts';
import { openWorld, type World } from './testing/world.ts';

/** A replicated stream refuses a write while another one is in flight that it may turn out to come after. */
describe('a write that meets another one in flight', () => {
  let nats: TestNats;
  let witness: World;
  let proxy: Proxy;
  let world: World;
  let name: string;

  beforeAll(async () => {
    nats = await startTestNats();
    witness = await openWorld(nats.url);
    await witness.keyring.open('w');
  });
  beforeEach(async () => {
    name = randomUUID();
    proxy = await startProxy(nats.url);
    world = await openWorld(proxy.url);
    await world.keyring.open('w');
  });
  afterEach(async () => {
    await world.bus.close();
    await proxy.close();
  });
  afterAll(async () => {
    await witness.bus.close();
    await nats.stop();
  });

  /** Looks on as writes go again: the shortest time between two that begin on a subject. */
  const watchPauses = (subject: string): (() => number) => {
    const { inbox } = world.bus;
    const collect = inbox.collect.bind(inbox);
    const times: number[] = [];
    jest.spyOn(inbox, 'collect').mockImplementation((what, ...rest) => {
      if (what === subject) times.push(performance.now());
      return collect(what, ...rest);
    });
    return () => Math.min(...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
  };
  /** Timers may be early by one. */
  const PAUSE_MS = IN_FLIGHT_PAUSE_MS - 1;

  describe('as a command', () => {
    it('is decided again on what was in flight', async () => {
      await witness.executor.execute(count(name, { by: 'a' }));
      const refused = proxy.refuseInFlight(1);
      const done = await world.executor.execute(count(name, { by: 'b' }, { fresh: true }));
      expect(done).toMatchObject({ version: 2, state: ['a', 'b'] });
      expect(refused()).toBe(1);
    });

    /** Of an aggregate without events, whose data key's name is taken: refused however often it goes again. */
    const neverStored = async (deadlineMs: number) => {
      await witness.executor.execute(write(name, 'x', { fresh: true }));
      const subject = `evt.w.submission.other.${name}`;
      return { ...write(name, 'x', { fresh: true, deadlineMs }), subject };
    };

    it('goes again until its deadline, with pauses, and blames nobody meanwhile', async () => {
      const command = await neverStored(500);
      const refused = proxy.refuseInFlight(Infinity);
      const shortest = watchPauses(`key.w.${name}`);
      // Unknown when the deadline comes between a try and its answer.
      await expect(world.executor.execute(command)).rejects.toMatchObject({
        code: expect.stringMatching(/^(contended|outcome_unknown)$/),
      });
      expect(refused()).toBeGreaterThan(1);
      expect(shortest()).toBeGreaterThanOrEqual(PAUSE_MS);
    });

    it('is told what is in its way once that has landed', async () => {
      const command = await neverStored(30_000);
      const refused = proxy.refuseInFlight(10);
      await expect(world.executor.execute(command)).rejects.toThrow('belongs to another aggregate');
      expect(refused()).toBe(10);
    });
  });

  describe('as a record', () => {
    const message = (id: string, subject = ''): IdentifiedMessage => ({
      subject: `delivery.w.${name}.${subject || id}`,
      headers: `Nats-Msg-Id: ${name}.${id}\r\n`,
      payload: Buffer.from('{}'),
      expect: 0,
    });
    const publisher = (through: World, patienceMs?: number): BatchPublisher =>
      new BatchPublisher({
        bus: through.bus,
        stream: DELIVERIES_STREAM,
        ...(patienceMs !== undefined && { patienceMs }),
      });

    it('counts as stored when the first of its subject has landed, alone and among others', async () => {
      const { seq } = await publisher(witness).publish(message('1', 'a'));
      const mended = publisher(world);
      const alone = proxy.refuseInFlight(3);
      expect(await mended.publish(message('2', 'a'))).toEqual({ seq, duplicate: true });
      expect(alone()).toBe(3);
      const among = proxy.refuseInFlight(3);
      const published = await Promise.all(
        [message('3'), message('4', 'a'), message('5')].map((one) => mended.publish(one)),
      );
      expect(published.map(({ duplicate }) => duplicate)).toEqual([false, true, false]);
      expect(published[1]?.seq).toBe(seq);
      expect(among()).toBe(3);
    });

    it('counts as stored when the one of its id has landed, alone and among others', async () => {
      const { expect: _none, ...known } = message('1');
      const { seq } = await publisher(witness).publish(known);
      const mended = publisher(world);
      const alone = proxy.refuseInFlight(3);
      expect(await mended.publish(known)).toEqual({ seq, duplicate: true });
      expect(alone()).toBe(3);
      const among = proxy.refuseInFlight(3);
      const published = await Promise.all(
        [message('2'), known, message('3')].map((one) => mended.publish(one)),
      );
      expect(published.map(({ duplicate }) => duplicate)).toEqual([false, true, false]);
      expect(among()).toBe(3);
    });

    it('is given up as not stored when nothing lands in time', async () => {
      await publisher(witness).publish(message('1', 'a'));
      const refused = proxy.refuseInFlight(Infinity);
      const shortest = watchPauses(`delivery.w.${name}.a`);
      await expect(publisher(world, 200).publish(message('2', 'a'))).rejects.toMatchObject({
        code: 'bus_unavailable',
      });
      expect(refused()).toBeGreaterThan(1);
      expect(shortest()).toBeGreaterThanOrEqual(PAUSE_MS);
    });

    it('counts as stored without a batch as well', async () => {
      const note = { headers: `Nats-Msg-Id: ${name}\r\n`, payload: Buffer.from('{}') };
      const { seq } = await store(witness.bus, `delivery.w.${name}._`, note);
      const refused = proxy.refuseInFlight(3);
      expect(await store(world.bus, `delivery.w.${name}._`, note)).toMatchObject({ seq, duplicate: true });
      expect(refused()).toBe(3);
      proxy.refuseInFlight(Infinity);
      await expect(
        store(world.bus, `delivery.w.${name}._`, { ...note, timeoutMs: 100 }),
      ).rejects.toMatchObject({ code: 10158 });
    });
  });

  it('as the state of a task has lost the race', async () => {
    const source = '/formbus/spec';
    const [first, second] = [openTasks(witness.bus, { source }), openTasks(world.bus, { source })];
    await first.batches.open(name, { workspace: 'w', total: 5 });
    const before = await first.tracking.read('w', name);
    if (before === undefined) throw new Error('the batch has no state');
    const change = { progress: { done: 1, total: 5, note: null, resume: null } };
    await first.tracking.write(before, change);
    const refused = proxy.refuseInFlight(1);
    expect(await second.tracking.write(before, change)).toBeUndefined();
    expect(refused()).toBe(1);
  });

  it('as the first key of a workspace takes the one that was faster', async () => {
    const refused = proxy.refuseInFlight(Infinity);
    // Both find none and create one at the same time; which of them is refused can't be chosen.
    for (let round = 0; refused() === 0; round++) {
      const workspace = `${name}-${round}`;
      await Promise.all([witness.keyring.open(workspace), world.keyring.open(workspace)]);
      const [key, same] = await Promise.all([
        witness.keyring.ensureCustodyKey(workspace),
        world.keyring.ensureCustodyKey(workspace),
      ]);
      expect(same.mac('x')).toBe(key.mac('x'));
    }
  });

  describe('as a lease', () => {
    const subject = `$KV.${LEASE_BUCKET}.`;
    const stop = new AbortController();
    const acquire = (by: World, ttlMs: number): Promise<Lease> =>
      acquireLease(by.bus, name, { ttlMs, signal: stop.signal });
    const content = async (): Promise<{ seq: number; payload: Uint8Array }> => {
      const found = await leaderGet(witness.bus, `KV_${LEASE_BUCKET}`, { last_by_subj: subject + name });
      if (found === undefined) throw new Error('nobody holds the lease');
      return found;
    };

    it('waits for its turn', async () => {
      const first = await acquire(witness, 30_000);
      const refused = proxy.refuseInFlight(1);
      const waiting = acquire(world, 30_000);
      await eventually(() => expect(refused()).toBe(1));
      await first.release();
      const second = await waiting;
      expect(second.token).toBeGreaterThan(first.token);
      await second.release();
    });

    // Where there is no /proc, the expiry of the lease decides.
    (process.platform === 'linux' ? it : it.skip)('takes that of a process that died', async () => {
      const holder = { ...(await thisProcess()), started: 'long ago' };
      const payload = Buffer.from(JSON.stringify({ id: 'x', holder }));
      const { seq } = await store(witness.bus, subject + name, { headers: 'Nats-TTL: 600s\r\n', payload });
      proxy.refuseInFlight(1);
      const lease = await acquire(world, 600_000);
      expect(lease.token).toBeGreaterThan(seq);
      await lease.release();
    });

    it('is renewed over a renewal whose answer was lost', async () => {
      const lease = await acquire(world, 20_000);
      const { payload } = await content();
      const { seq } = await store(witness.bus, subject + name, { headers: '', payload });
      const refused = proxy.refuseInFlight(Infinity);
      await eventually(async () => expect((await content()).seq).toBeGreaterThan(seq));
      expect(refused()).toBe(1);
      expect(lease.lost.aborted).toBe(false);
      await lease.release();
    });
  });
});
