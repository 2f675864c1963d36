import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { defineEvent, type Upcaster } from '#contracts/event';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { z } from 'zod';
import { jetStream } from './jetstream-api.ts';
import { headerLines } from './headers.ts';
import { counted, count, lineWritten, write } from './testing/notebook.ts';
import { openWorld, type World } from './testing/world.ts';

describe('the log', () => {
  let nats: TestNats;
  let world: World;
  let name: string;

  beforeAll(async () => {
    nats = await startTestNats();
    world = await openWorld(nats.url);
  });
  beforeEach(() => {
    name = randomUUID();
  });
  afterAll(async () => {
    await world.bus.close();
    await nats.stop();
  });

  it('reads one aggregate in order, however long it is', async () => {
    for (let i = 0; i < 5; i++) await world.executor.execute(count(name, { by: `n${i}`, times: 500 }));
    const events = await world.log.read(`evt.w.form.${name}`);
    expect(events.map(({ version }) => version)).toEqual(Array.from({ length: 2500 }, (_, i) => i + 1));
    expect(await world.log.read(`evt.w.form.${name}`, events[2497]?.seq)).toEqual(events.slice(2498));
    expect(await world.log.read('evt.w.form.none')).toEqual([]);
  });

  it('reads many aggregates at once over one subscription', async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        world.executor.execute(count(`${name}-${i}`, { by: 'a', times: 3 })),
      ),
    );
    const inboxes = () => jetStreamSubscriptions(world.bus.nc);
    const before = inboxes();
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, i) => world.log.read(`evt.w.form.${name}-${i}`)),
    );
    for (const events of all) expect(events).toHaveLength(3);
    expect(inboxes()).toBe(before);
  });

  it('reads the event of one sequence, and nothing where there is none', async () => {
    await world.executor.execute(write(name, 'my secret', { fresh: true }));
    const [key, seq] = [
      await world.log.tail(`key.w.${name}`),
      await world.log.tail(`evt.w.submission.f.${name}`),
    ];
    const [event] = await world.log.read(`evt.w.submission.f.${name}`);
    expect(await world.log.at(seq)).toEqual(event);
    expect(await Promise.all([0, key, seq + 1000].map((at) => world.log.at(at)))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('knows whether something is pending on filters up to a sequence', async () => {
    const start = await world.log.lastSeq();
    await world.executor.execute(count(name, { by: 'a' }));
    await world.executor.execute(write(name, 'x', { fresh: true }));
    const end = await world.log.lastSeq();
    expect(await world.log.hasPending(['evt.*.form.>'], start, end)).toBe(true);
    expect(await world.log.hasPending(['evt.*.form.>'], start + 1, end)).toBe(false);
    expect(await world.log.hasPending(['evt.*.form.>', 'evt.*.submission.>'], start + 1, end)).toBe(true);
    expect(await world.log.hasPending(['evt.*.submission.>'], start, start + 1)).toBe(false);
    expect(await world.log.hasPending(['evt.>'], end, end)).toBe(false);
  });

  it('gives an erased event with its clear fields alone', async () => {
    await world.executor.execute(write(name, 'my secret', { fresh: true }));
    await jetStream(world.bus, 'STREAM.MSG.DELETE.EVENTS', { seq: await world.log.tail(`key.w.${name}`) });
    const reader = await openWorld(nats.url);
    const [event] = await reader.log.read(`evt.w.submission.f.${name}`);
    await reader.bus.close();
    expect(event).toMatchObject({ erased: true, known: true, version: 1, data: { page: 1 } });
    expect(JSON.stringify(event)).not.toContain('my secret');
  });

  it('forgets a key when it is told so', async () => {
    await world.executor.execute(write(name, 'my secret', { fresh: true }));
    await jetStream(world.bus, 'STREAM.MSG.DELETE.EVENTS', { seq: await world.log.tail(`key.w.${name}`) });
    expect((await world.log.read(`evt.w.submission.f.${name}`))[0]).toMatchObject({ erased: false });
    world.keyring.forget('w', name);
    expect((await world.log.read(`evt.w.submission.f.${name}`))[0]).toMatchObject({ erased: true });
  });

  it('keeps no plain text of sealed fields in the stream', async () => {
    await world.executor.execute(write(name, 'my secret', { fresh: true }));
    const { message } = await jetStream<{ message: { data: string } }>(world.bus, 'STREAM.MSG.GET.EVENTS', {
      last_by_subj: `evt.w.submission.f.${name}`,
    });
    const stored = Buffer.from(message.data, 'base64').toString();
    expect(stored).not.toContain('my secret');
    expect(JSON.parse(stored)).toEqual({ page: 1, mac: expect.any(String), $sealed: expect.any(String) });
  });

  it('makes one workspace key when several processes are the first', async () => {
    const worlds = await Promise.all(Array.from({ length: 4 }, () => openWorld(nats.url)));
    const workspace = `w-${name}`;
    await Promise.all(worlds.map(({ keyring }) => keyring.open(workspace)));
    const subject = `key.${workspace}._workspace`;
    expect(await world.log.hasPending([subject], 0, (await world.log.tail(subject)) - 1)).toBe(false);
    for (const { bus } of worlds) await bus.close();
  });

  it('says whose fault it is when the master key is another one', async () => {
    await world.executor.execute(write(name, 'x', { fresh: true }));
    const stranger = await openWorld(nats.url, { masterKey: Buffer.alloc(32, 9) });
    await expect(stranger.log.read(`evt.w.submission.f.${name}`)).rejects.toThrow(
      /wrapped by master key .*, the one at hand is/,
    );
    await stranger.bus.close();
  });

  it('gives events of unknown types as envelopes, and upcasts old ones', async () => {
    await world.executor.execute(count(name, { by: 'a' }));
    const newer = defineEvent({
      name: counted.name,
      version: 2,
      family: 'form',
      summary: 'Counted one further, and how.',
      data: z.object({ by: z.string(), how: z.string() }),
    });
    const upcast = (data: unknown) => ({ ...(data as object), how: 'alone' });
    const upcasters: Upcaster[] = [
      { from: 'test.counter.counted.v1', to: 'test.counter.counted.v2', upcast },
    ];
    const [ahead, ignorant] = [
      await openWorld(nats.url, { events: [counted, newer, lineWritten], upcasters }),
      await openWorld(nats.url, { events: [lineWritten] }),
    ];
    expect((await ahead.log.read(`evt.w.form.${name}`))[0]).toMatchObject({
      type: 'test.counter.counted.v2',
      data: { by: 'a', how: 'alone' },
    });
    expect((await ignorant.log.read(`evt.w.form.${name}`))[0]).toMatchObject({
      type: 'test.counter.counted.v1',
      known: false,
      actor: 'tester',
    });
    for (const { bus } of [ahead, ignorant]) await bus.close();
  });

  it('names an event that cannot be decoded', async () => {
    await world.bus.request(`evt.w.form.${name}`, Buffer.from('{'), {
      headers: headerLines('ce-id: x\r\n'),
      timeoutMs: 2000,
    });
    await expect(world.log.read(`evt.w.form.${name}`)).rejects.toMatchObject({
      name: 'UndecodableEvent',
      subject: `evt.w.form.${name}`,
    });
  });
});

function jetStreamSubscriptions(nc: unknown): number {
  return (nc as { protocol: { subscriptions: { size(): number } } }).protocol.subscriptions.size();
}
