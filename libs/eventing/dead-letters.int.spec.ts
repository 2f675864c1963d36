import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Problem } from '#contracts/errors';
import { defineTask } from '#contracts/task';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { park } from './dead-letter.ts';
import { DeadLetters, type FiledLetter } from './dead-letters.ts';
import { directAt, leaderGet, type RawMessage } from './direct-get.ts';
import { ensureDurable } from './durable.ts';
import { jetStream } from './jetstream-api.ts';
import { startPolicy } from './policy.ts';
import { handle } from './task/context.ts';
import { openTasks, type Tasks } from './task/open.ts';
import { startTaskWorkers } from './task/workers.ts';
import { count } from './testing/notebook.ts';
import { openWorld, silent, type World } from './testing/world.ts';

describe('dead letters', () => {
  let nats: TestNats;
  let world: World;
  let tasks: Tasks;
  let letters: DeadLetters;
  let kind: string;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    nats = await startTestNats();
    world = await openWorld(nats.url);
    tasks = openTasks(world.bus, { source: '/formbus/spec' });
    letters = new DeadLetters(world.bus, tasks.tracking);
  });
  beforeEach(() => {
    kind = `k${randomUUID()}`;
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    await jetStream(world.bus, 'STREAM.PURGE.DLQ');
  });
  afterAll(async () => {
    await world.bus.close();
    await nats.stop();
  });

  const define = (tracked = false) =>
    defineTask({
      kind,
      tier: 'default',
      summary: 'Does what the spec says',
      payload: z.object({ workspace: z.string(), n: z.int() }),
      tracked,
      timeoutMs: 10_000,
      backoffMs: [],
      concurrency: 4,
    });
  async function work(
    definition: ReturnType<typeof define>,
    run: (n: number) => Promise<void>,
  ): Promise<void> {
    const workers = await startTaskWorkers({
      tasks,
      handled: [handle(definition, ({ n }) => run(n))],
      tiers: ['default'],
      logger: silent,
    });
    stops.push(() => workers.stop(100));
  }
  const message = (
    seq: number,
    { headers = {}, payload = '{}' }: { headers?: Record<string, string>; payload?: string } = {},
  ): RawMessage => ({
    ...{ seq, subject: `task.default.${kind}` },
    headers: new Map(Object.entries(headers)),
    payload: Buffer.from(payload),
  });
  const listed = async (filter = {}): Promise<FiledLetter[]> =>
    (await letters.list(filter, { limit: 100 })).items;

  it('of tasks tell what failed, of which task, the newest first', async () => {
    const definition = define();
    await work(definition, (n) => Promise.reject(new RangeError(`no ${n}`)));
    for (const n of [1, 2, 3]) {
      await tasks.queue.enqueue(definition, { id: `t${n}`, payload: { workspace: 'w', n } });
      await eventually(async () => expect(await listed()).toHaveLength(n));
    }
    expect((await listed()).map(({ task }) => task)).toEqual(['t3', 't2', 't1']);
    const [newest] = await listed();
    expect(newest).toMatchObject({
      kind,
      workspace: 'w',
      durable: kind,
      attempts: 1,
      error: { name: 'RangeError', message: 'no 3' },
      discarded: null,
    });
    expect(await letters.get(newest?.id ?? '')).toEqual(newest);
    expect(await letters.counts()).toEqual(new Map([[kind, 3]]));
    expect(await listed({ error: 'NO 2' })).toHaveLength(1);
    expect(await listed({ kind: 'other' })).toHaveLength(0);
    expect(await listed({ since: new Date(Date.now() + 60_000).toISOString() })).toHaveLength(0);
  });

  it('are given page by page', async () => {
    const definition = define();
    await work(definition, () => Promise.reject(new Error('no')));
    await Promise.all(
      Array.from({ length: 7 }, (_, n) =>
        tasks.queue.enqueue(definition, { payload: { workspace: 'w', n } }),
      ),
    );
    await eventually(async () => expect(await listed()).toHaveLength(7));
    const all = (await listed()).map(({ id }) => id);
    const first = await letters.list({}, { limit: 4 });
    const second = await letters.list({}, { limit: 4, cursor: first.next });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(all);
    expect(second.next).toBeNull();
    await expect(letters.list({}, { limit: 4, cursor: 'x' })).rejects.toMatchObject({ code: 'bad_cursor' });
  });

  it('are tried again from the first attempt, once, and are gone', async () => {
    const definition = define(true);
    let mended = false;
    const done: number[] = [];
    await work(definition, (n) => {
      if (!mended) return Promise.reject(new Error('no'));
      done.push(n);
      return Promise.resolve();
    });
    const { id } = await tasks.queue.enqueue(definition, { payload: { workspace: 'w', n: 5 } });
    await eventually(async () => expect(await listed()).toHaveLength(1));
    await eventually(async () => expect((await tasks.tracking.read('w', id))?.snapshot.state).toBe('failed'));
    mended = true;
    const [letter] = await listed();
    const name = letter?.id ?? '';
    const tries = await Promise.allSettled([letters.retry(name), letters.retry(name)]);
    expect(tries.some(({ status }) => status === 'fulfilled')).toBe(true);
    await eventually(async () =>
      expect((await tasks.tracking.read('w', id))?.snapshot.state).toBe('succeeded'),
    );
    expect(done).toEqual([5]);
    expect(await listed()).toHaveLength(0);
    await expect(letters.retry(name)).rejects.toMatchObject({ code: 'dead_letter_not_found' });
  });

  it('are tried again by what they have in common', async () => {
    const definition = define();
    let mended = false;
    const done: number[] = [];
    await work(definition, (n) => {
      if (!mended) return Promise.reject(new Error(n % 2 === 0 ? 'even' : 'odd'));
      done.push(n);
      return Promise.resolve();
    });
    await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        tasks.queue.enqueue(definition, { payload: { workspace: 'w', n } }),
      ),
    );
    await eventually(async () => expect(await listed()).toHaveLength(6));
    mended = true;
    expect(await letters.each({ error: 'even' }, 2, (id) => letters.retry(id))).toEqual({
      done: 2,
      more: true,
    });
    expect(await letters.each({ error: 'even' }, 2, (id) => letters.retry(id))).toEqual({
      done: 1,
      more: false,
    });
    await eventually(() => expect([...done].sort()).toEqual([0, 2, 4]));
    expect(await listed()).toHaveLength(3);
  });

  it('that were discarded can be read, with the reason, and no more be retried', async () => {
    const definition = define();
    await work(definition, () => Promise.reject(new Error('no')));
    await tasks.queue.enqueue(definition, { id: 'gone', payload: { workspace: 'w', n: 1 } });
    await eventually(async () => expect(await listed()).toHaveLength(1));
    const [letter] = await listed();
    await letters.discard(letter?.id ?? '', { actor: 'key:abc', reason: 'a test of ours' });
    expect(await listed()).toHaveLength(0);
    const [discarded] = await listed({ discarded: true });
    expect(discarded).toMatchObject({
      task: 'gone',
      discarded: { actor: 'key:abc', reason: 'a test of ours' },
    });
    await expect(letters.retry(discarded?.id ?? '')).rejects.toMatchObject({ code: 'dead_letter_discarded' });
    expect((await letters.counts()).size).toBe(0);
  });

  it('of events have the event delivered again to the policy that gave it up, as often as that is asked for', async () => {
    let mended = false;
    const seen: string[] = [];
    const policy = await startPolicy(
      { bus: world.bus, log: world.log, codec: world.codec },
      {
        name: kind,
        filters: [`evt.w.form.${kind}`],
        types: ['test.counter.counted.v1'],
        from: 'beginning',
        backoffMs: [],
        act: (event) => {
          if (!mended) return Promise.reject(new Error('not now'));
          seen.push(event.id);
          return Promise.resolve();
        },
      },
    );
    stops.push(() => policy.stop(100));
    await world.executor.execute(count(kind, { by: 'me' }));
    await eventually(async () => expect(await listed()).toHaveLength(1));
    const [first] = await listed();
    expect(first).toMatchObject({ stream: 'EVENTS', workspace: 'w', kind: null });
    expect(first?.payload).toBeUndefined();
    await letters.retry(first?.id ?? '');
    const second = await eventually(async () => {
      const [found] = await listed({ durable: kind });
      expect(found).toBeDefined();
      expect(found?.id).not.toBe(first?.id);
      return found;
    });
    const { id: _first, parkedAt: _then, ...same } = first as FiledLetter;
    expect(second).toMatchObject(same);
    mended = true;
    await letters.retry(second?.id ?? '');
    await eventually(() => expect(seen).toHaveLength(1));
    expect(await listed()).toHaveLength(0);
  });

  it('stay when there is no consumer any more that would take them up', async () => {
    const { last } = await world.executor.execute(count(kind, { by: 'me' }));
    const message = await directAt(world.bus, 'EVENTS', Number(last.split('.').at(-1)));
    await park(world.bus, {
      ...{ stream: 'EVENTS', durable: kind, attempts: 1, error: new Error('no') },
      message: message as RawMessage,
    });
    const [letter] = await listed();
    await expect(letters.retry(letter?.id ?? '')).rejects.toMatchObject({ code: 'dead_letter_unclaimed' });
    expect(await listed()).toEqual([letter]);
    const { state } = await jetStream<{ state: { subjects?: object } }>(
      world.bus,
      'STREAM.INFO.TASKS_DEFAULT',
      { subjects_filter: `task.default.redeliver.${kind}` },
    );
    expect(state.subjects).toBeUndefined();
  });

  it('of what was no task at all are listed among the others, and come again as they were', async () => {
    const durable = { stream: 'TASKS_DEFAULT', durable: kind };
    const subject = `task.default.${kind}`;
    await ensureDurable(world.bus, {
      ...{ ...durable, filters: [subject], from: 'beginning', ackWaitMs: 5000, maxAckPending: 1 },
    });
    await park(world.bus, {
      ...durable,
      message: message(1, { headers: { 'formbus-kind': kind }, payload: '{"workspace":"w"}' }),
      ...{ attempts: 1, error: new Error('not a task') },
    });
    const [letter] = await listed({ durable: kind });
    expect(letter).toMatchObject({
      kind: null,
      task: null,
      workspace: 'w',
      headers: { 'formbus-kind': kind },
    });
    await letters.retry(letter?.id ?? '');
    expect(await listed()).toEqual([]);
    const again = await leaderGet(world.bus, 'TASKS_DEFAULT', { last_by_subj: subject });
    expect(again?.headers.get('formbus-kind')).toBe(kind);
    expect(Buffer.from(again?.payload ?? '').toString()).toBe('{"workspace":"w"}');
  });

  it('are dealt with many at a time', async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        park(world.bus, {
          ...{ stream: 'TASKS_DEFAULT', durable: kind, message: message(n + 1), attempts: 1 },
          error: new Error('no'),
        }),
      ),
    );
    const ids = (await listed()).map(({ id }) => id);
    for (const dealWithAll of [
      async (act: () => Promise<void>) => (await letters.each({ durable: kind }, 100, act)).done,
      (act: () => Promise<void>) => letters.eachOf(ids, act),
    ]) {
      const all = Promise.withResolvers<void>();
      let [now, most] = [0, 0];
      const done = await dealWithAll(async () => {
        most = Math.max(most, ++now);
        if (now === 50) all.resolve();
        await all.promise;
        now--;
      });
      expect([done, most]).toEqual([60, 50]);
    }
    let begun = 0;
    const refused = letters.each({ durable: kind }, 100, () => {
      begun++;
      return Promise.reject(new Error('not today'));
    });
    await expect(refused).rejects.toThrow('not today');
    expect(begun).toBeLessThan(60);
  });

  it('are dealt with once, but for those that somebody else has dealt with', async () => {
    for (const seq of [1, 2, 3])
      await park(world.bus, {
        ...{ stream: 'TASKS_DEFAULT', durable: kind, message: message(seq), attempts: 1 },
        error: new Error('no'),
      });
    const [newest = '', middle = '', oldest = ''] = (await listed()).map(({ id }) => id);
    const by = { actor: 'key:abc', reason: 'done by hand' };
    await letters.discard(middle, by);
    const [discarded] = await listed({ discarded: true, durable: kind });
    const ids = [newest, newest, middle, discarded?.id ?? '', oldest];
    const acted: string[] = [];
    const done = await letters.eachOf(ids, async (id) => {
      const { discarded: before } = await letters.get(id);
      if (before !== null) throw new Problem('dead_letter_discarded');
      acted.push(id);
    });
    expect(done).toBe(2);
    expect(acted.sort()).toEqual([newest, oldest].sort());
  });
});
