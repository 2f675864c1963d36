import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import type { LogBatch } from './event-log.ts';
import { headerLines } from './headers.ts';
import { jetStream } from './jetstream-api.ts';
import { count, write } from './testing/notebook.ts';
import { openWorld, type World } from './testing/world.ts';

describe('following the log', () => {
  let nats: TestNats;
  let world: World;
  let name: string;
  let stop: AbortController;
  const running: Promise<unknown>[] = [];

  beforeAll(async () => {
    nats = await startTestNats();
    world = await openWorld(nats.url);
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
    await world.bus.close();
    await nats.stop();
  });

  /** Collects batches until the spec ends; a failure is a batch of its own kind. */
  function collect(
    options: { filters: string[]; after: number; maxBatch?: number; types?: string[] },
    log = world.log,
  ) {
    const seen: { batches: LogBatch[]; failure?: unknown } = { batches: [] };
    running.push(
      (async () => {
        try {
          for await (const batch of log.follow({ ...options, signal: stop.signal })) seen.batches.push(batch);
        } catch (failure) {
          seen.failure = failure;
        }
      })(),
    );
    return seen;
  }
  const seqs = ({ batches }: { batches: LogBatch[] }) =>
    batches.flatMap(({ events }) => events.map(({ seq }) => seq));

  it('says first that there is nothing to catch up with', async () => {
    const after = await world.log.lastSeq();
    const seen = collect({ filters: [`evt.w.form.${name}`], after });
    await eventually(() => expect(seen.batches).toEqual([{ events: [], lastSeq: after, pending: 0 }]));
    const { last } = await world.executor.execute(count(name, { by: 'a' }));
    await eventually(() => expect(seen.batches[1]?.events.map(({ position }) => position)).toEqual([last]));
  });

  it('gives every event once, in order, in bounded batches, with what is still to come', async () => {
    const after = await world.log.lastSeq();
    await world.executor.execute(count(name, { by: 'a', times: 900 }));
    await world.executor.execute(count(name, { by: 'b', times: 900 }));
    const seen = collect({ filters: [`evt.w.form.${name}`], after, maxBatch: 100 });
    await eventually(() => expect(seqs(seen)).toEqual(Array.from({ length: 1800 }, (_, i) => after + 1 + i)));
    for (const { events, lastSeq, pending } of seen.batches) {
      expect(events.length).toBeLessThanOrEqual(100);
      expect(events.at(-1)?.seq).toBe(lastSeq);
      expect(pending).toBe(after + 1800 - lastSeq);
    }
  });

  it('learns data keys as they pass by, and that some are gone', async () => {
    const after = await world.log.lastSeq();
    for (let i = 0; i < 20; i++)
      await world.executor.execute(write(`${name}-${i}`, `line ${i}`, { fresh: true }));
    await jetStream(world.bus, 'STREAM.MSG.DELETE.EVENTS', { seq: await world.log.tail(`key.w.${name}-7`) });
    const reader = await openWorld(nats.url);
    const seen = collect({ filters: ['evt.*.submission.>', 'key.>'], after }, reader.log);
    await eventually(() => expect(seqs(seen)).toHaveLength(20));
    for (const [i, event] of seen.batches.flatMap(({ events }) => events).entries()) {
      expect(event).toMatchObject(
        i === 7 ? { erased: true, data: { page: 1 } } : { erased: false, data: { line: `line ${i}` } },
      );
    }
    expect(seen.batches.at(-1)?.lastSeq).toBe(await world.log.lastSeq());
    stop.abort();
    await Promise.all(running);
    await reader.bus.close();
  });

  it('neither skips nor repeats across kills of the server under load', async () => {
    const after = await world.log.lastSeq();
    const subject = `evt.w.form.${name}`;
    const reader = await openWorld(nats.url);
    const seen = collect({ filters: [subject], after, maxBatch: 50 }, reader.log);
    let [writing, appended] = [true, 0];
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; writing; i++) {
        const command = count(name, { by: `${writer}.${i}`, times: 2 });
        await world.bus.whenConnected();
        await world.executor.execute(command).then(
          () => appended++,
          () => undefined,
        );
      }
    });
    for (let round = 0; round < 3; round++) {
      const goal = appended + 100;
      await eventually(() => expect(appended).toBeGreaterThan(goal), { timeoutMs: 20_000 });
      await nats.kill();
      await nats.restart();
    }
    writing = false;
    await Promise.all(writers);
    const stored = (await world.log.read(subject)).map(({ seq }) => seq);
    expect(stored.length).toBeGreaterThan(600);
    await eventually(() => expect(seqs(seen).at(-1)).toBe(stored.at(-1)), { timeoutMs: 20_000 });
    expect(seqs(seen)).toEqual(stored);
    stop.abort();
    await Promise.all(running);
    await reader.bus.close();
  });

  it('survives the loss of its consumer', async () => {
    const after = await world.log.lastSeq();
    const seen = collect({ filters: [`evt.w.form.${name}`], after });
    await world.executor.execute(count(name, { by: 'a' }));
    await eventually(() => expect(seqs(seen)).toHaveLength(1));
    const { consumers } = await jetStream<{ consumers: string[] }>(world.bus, 'CONSUMER.NAMES.EVENTS');
    for (const consumer of consumers) await jetStream(world.bus, `CONSUMER.DELETE.EVENTS.${consumer}`);
    await world.executor.execute(count(name, { by: 'b' }));
    await eventually(() => expect(seqs(seen)).toEqual([after + 1, after + 2]));
  });

  it('stops right before an event that cannot be decoded', async () => {
    const after = await world.log.lastSeq();
    await world.executor.execute(count(name, { by: 'a', times: 2 }));
    await world.bus.request(`evt.w.form.${name}`, Buffer.from('{'), {
      headers: headerLines('ce-type: test.counter.counted.v1\r\n'),
      timeoutMs: 2000,
    });
    await world.executor.execute(count(`${name}-later`, { by: 'b' }));
    const seen = collect({ filters: ['evt.*.form.>'], after });
    await eventually(() => expect(seen.failure).toMatchObject({ name: 'UndecodableEvent', seq: after + 3 }));
    expect(seqs(seen)).toEqual([after + 1, after + 2]);
    expect(seen.batches.at(-1)).toMatchObject({ lastSeq: after + 2, pending: 2 });

    const unconcerned = collect({ filters: ['evt.*.form.>'], after, types: ['test.notebook.written.v1'] });
    await eventually(() => expect(unconcerned.batches.at(-1)?.lastSeq).toBe(after + 4));
    expect(unconcerned.failure).toBeUndefined();
  });

  it('refuses to read from beyond the end of the log', async () => {
    const seen = collect({ filters: ['evt.>'], after: (await world.log.lastSeq()) + 10 });
    await eventually(() => expect(seen.failure).toMatchObject({ name: 'AheadOfLog' }));
  });
});
