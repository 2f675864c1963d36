import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { STREAMS } from './streams.ts';
import { count, write } from './testing/notebook.ts';
import { startProxy, type Proxy } from './testing/proxy.ts';
import { openWorld, type World } from './testing/world.ts';

describe('an append with a lost answer', () => {
  let nats: TestNats;
  let witness: World;
  let proxy: Proxy;
  let world: World;
  let name: string;

  beforeAll(async () => {
    nats = await startTestNats();
    witness = await openWorld(nats.url);
  });
  beforeEach(async () => {
    name = randomUUID();
    proxy = await startProxy(nats.url);
    world = await openWorld(proxy.url);
    await world.keyring.open('w');
  });
  afterEach(async () => {
    proxy.cut();
    await world.bus.close();
    await proxy.close();
  });
  afterAll(async () => {
    await witness.bus.close();
    await nats.stop();
  });

  const line = (): string => `evt.w.submission.f.${name}`;

  it('is answered as stored when its events are found, and stored once', async () => {
    proxy.muteServer();
    const command = world.executor.execute(write(name, 'x', { fresh: true }));
    await eventually(async () => expect(await witness.log.tail(line())).toBeGreaterThan(0));
    proxy.cut();
    const [event] = await witness.log.read(line());
    expect(await command).toMatchObject({
      appended: 1,
      version: 1,
      first: event?.position,
      last: event?.position,
    });
    expect(await witness.log.read(line())).toHaveLength(1);
  });

  it('is found behind what others appended since', async () => {
    const subject = `evt.w.form.${name}`;
    proxy.muteServer();
    const command = world.executor.execute(count(name, { by: 'a', times: 2 }, { fresh: true }));
    await eventually(async () => expect(await witness.log.read(subject)).toHaveLength(2));
    await witness.executor.execute(count(name, { by: 'b' }));
    proxy.cut();
    const events = await witness.log.read(subject);
    expect(await command).toMatchObject({
      appended: 2,
      version: 2,
      first: events[0]?.position,
      last: events[1]?.position,
    });
    expect(await world.log.read(subject)).toEqual(events);
  });

  it('goes again when it was not stored, and changes nothing when the first try comes late', async () => {
    const release = proxy.holdClients();
    const command = world.executor.execute(write(name, 'x', { fresh: true }));
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await witness.log.tail(line())).toBe(0);
    proxy.cut();
    expect(await command).toMatchObject({ appended: 1, version: 1 });
    release();
    const last = await world.executor.execute(write(name, 'y'));
    expect(last).toMatchObject({ version: 2 });
    expect(await witness.log.read(line())).toHaveLength(2);
  });

  it('is of unknown outcome when the deadline comes first', async () => {
    proxy.muteServer();
    const command = world.executor.execute(write(name, 'x', { fresh: true, deadlineMs: 200 }));
    await expect(command).rejects.toMatchObject({ code: 'outcome_unknown' });
    await eventually(async () => expect(await witness.log.read(line())).toHaveLength(1));
  });

  it('ends with the executor draining in bounded time', async () => {
    proxy.muteServer();
    const command = world.executor.execute(write(name, 'x', { fresh: true, deadlineMs: 200 }));
    const drained = world.executor.drain();
    await expect(world.executor.execute(count(name, { by: 'late' }))).rejects.toMatchObject({
      code: 'service_unavailable',
    });
    await expect(command).rejects.toMatchObject({ code: 'outcome_unknown' });
    await drained;
  });
});

describe('an append that the server refuses for good', () => {
  let nats: TestNats;
  let world: World;

  beforeAll(async () => {
    nats = await startTestNats();
    const streams = STREAMS.map((spec) => (spec.name === 'EVENTS' ? { ...spec, max_msg_size: 4000 } : spec));
    world = await openWorld(nats.url, { topology: { streams } });
  });
  afterAll(async () => {
    await world.bus.close();
    await nats.stop();
  });

  it('fails for the guilty command alone', async () => {
    const name = randomUUID();
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 10 }, (_, i) => world.executor.execute(count(`${name}-${i}`, { by: 'a' }))),
      world.executor.execute(count(`${name}-fat`, { by: 'x'.repeat(5000) })),
      ...Array.from({ length: 10 }, (_, i) =>
        world.executor.execute(write(`${name}-${i}`, 'a', { fresh: true })),
      ),
    ]);
    const failed = outcomes.flatMap((outcome, index) =>
      outcome.status === 'rejected' ? [[index, String(outcome.reason)]] : [],
    );
    expect(failed).toEqual([[10, expect.stringMatching(/message size/)]]);
    await expect(world.executor.execute(count(`${name}-fat`, { by: 'thin' }))).resolves.toMatchObject({
      version: 1,
    });
  });

  it('is said at once when the data key belongs to another aggregate of the same id', async () => {
    const id = randomUUID();
    await world.executor.execute(write(id, 'a', { fresh: true }));
    const twin = { ...write(id, 'a', { fresh: true }), subject: `evt.w.submission.other.${id}` };
    await expect(world.executor.execute(twin)).rejects.toThrow('belongs to another aggregate');
  });
});
