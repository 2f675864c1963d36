import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { Problem } from '#contracts/errors';
import { defineTask, type TaskDefinition } from '#contracts/task';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import type { Bus } from '../bus.ts';
import type { DeadLetter } from '../dead-letter.ts';
import { leaderGet } from '../direct-get.ts';
import { Deferred, Permanent } from '../disposition.ts';
import { connect, silent } from '../testing/world.ts';
import { ensureTopology } from '../topology.ts';
import { handle, type TaskHandler } from './context.ts';
import { openTasks, type Tasks } from './open.ts';
import { startTaskWorkers, type TaskWorkers } from './workers.ts';

const payload = z.object({ workspace: z.string(), n: z.int() });
type Payload = z.infer<typeof payload>;

describe('tasks', () => {
  let nats: TestNats;
  let bus: Bus;
  let tasks: Tasks;
  let kind: string;
  const open: TaskWorkers[] = [];

  beforeAll(async () => {
    nats = await startTestNats();
    bus = await connect(nats.url);
    await ensureTopology(bus);
    tasks = openTasks(bus, { source: '/formbus/spec' });
  });
  beforeEach(() => {
    kind = `k${randomUUID()}`;
  });
  afterEach(async () => {
    for (const workers of open.splice(0)) await workers.stop(100);
  });
  afterAll(async () => {
    await tasks.queue.drain();
    await bus.close();
    await nats.stop();
  });

  const define = (options: Partial<TaskDefinition<string, typeof payload>> = {}) =>
    defineTask({
      kind,
      tier: 'high',
      summary: 'Does what the spec says',
      payload,
      tracked: false,
      timeoutMs: 10_000,
      backoffMs: [20, 20],
      concurrency: 8,
      ...options,
    });

  async function work(
    definition: ReturnType<typeof define>,
    run: TaskHandler<Payload, unknown>,
    { on = tasks, ackWaitMs = 1000 }: { on?: Tasks; ackWaitMs?: number } = {},
  ): Promise<TaskWorkers> {
    const workers = await startTaskWorkers({
      tasks: on,
      handled: [handle(definition, run as TaskHandler<Payload, void>)],
      tiers: ['high', 'default', 'batch'],
      logger: silent,
      ackWaitMs,
    });
    open.push(workers);
    return workers;
  }
  const enqueue = (definition: ReturnType<typeof define>, n: number, more: { id?: string; at?: Date } = {}) =>
    tasks.queue.enqueue(definition, { payload: { workspace: 'w', n }, ...more });
  const letter = async (): Promise<DeadLetter | undefined> => {
    const found = await leaderGet(bus, 'DLQ', { last_by_subj: `dlq.TASKS_HIGH.${kind}` });
    return found && (JSON.parse(Buffer.from(found.payload).toString()) as DeadLetter);
  };
  const state = async (id: string) => (await tasks.tracking.read('w', id))?.snapshot;

  it('are done once each, whenever they were enqueued', async () => {
    const definition = define();
    const done: number[] = [];
    await Promise.all(Array.from({ length: 50 }, (_, n) => enqueue(definition, n)));
    await work(definition, ({ n }) => {
      done.push(n);
      return Promise.resolve();
    });
    await Promise.all(Array.from({ length: 50 }, (_, n) => enqueue(definition, 50 + n)));
    await eventually(() => expect(done).toHaveLength(100));
    expect(new Set(done).size).toBe(100);
    await eventually(async () =>
      expect(await tasks.control.status(definition)).toMatchObject({ pending: 0, running: 0 }),
    );
  });

  it('of one id are one task', async () => {
    const definition = define();
    expect(await enqueue(definition, 1, { id: 'cause:purpose' })).toEqual({
      id: 'cause:purpose',
      duplicate: false,
    });
    expect(await enqueue(definition, 2, { id: 'cause:purpose' })).toEqual({
      id: 'cause:purpose',
      duplicate: true,
    });
    expect((await tasks.control.status(definition)).pending).toBe(1);
  });

  it('that fail are tried again by their table, with the number of the attempt', async () => {
    const definition = define();
    const seen: [number, boolean][] = [];
    await work(definition, (_payload, { attempt, last }) => {
      seen.push([attempt, last]);
      return attempt < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve();
    });
    await enqueue(definition, 1);
    await eventually(() =>
      expect(seen).toEqual([
        [1, false],
        [2, false],
        [3, true],
      ]),
    );
    await eventually(async () => expect((await tasks.control.status(definition)).running).toBe(0));
    expect(await letter()).toBeUndefined();
  });

  it('that fail for good are dead letters with their error, stack and attempts', async () => {
    const definition = define();
    await work(definition, () => Promise.reject(new RangeError('never')));
    await enqueue(definition, 7);
    await eventually(async () =>
      expect(await letter()).toMatchObject({ attempts: 3, error: { name: 'RangeError', message: 'never' } }),
    );
    const found = await letter();
    expect(found?.error.stack).toContain('task.int.spec');
    expect(JSON.parse(Buffer.from(found?.payload ?? '', 'base64').toString())).toEqual({
      workspace: 'w',
      n: 7,
    });
    await eventually(async () =>
      expect(await tasks.control.status(definition)).toMatchObject({ pending: 0, running: 0, scheduled: 0 }),
    );
  });

  it('that can never succeed are dead letters at once', async () => {
    const definition = define();
    await work(definition, () => Promise.reject(new Permanent('no such thing')));
    await enqueue(definition, 1);
    await eventually(async () =>
      expect(await letter()).toMatchObject({ attempts: 1, error: { name: 'Permanent' } }),
    );
  });

  it('that are deferred come back as the same attempt', async () => {
    const definition = define({ backoffMs: [] });
    const attempts: number[] = [];
    await work(definition, (_payload, { attempt }) => {
      attempts.push(attempt);
      return attempts.length < 3
        ? Promise.reject(new Deferred(new Date(Date.now() + 10)))
        : Promise.resolve();
    });
    await enqueue(definition, 1);
    await eventually(() => expect(attempts).toEqual([1, 1, 1]));
  });

  it('that are deferred to the same time twice come back twice', async () => {
    const definition = define({ backoffMs: [] });
    const at = new Date(Date.now() - 1000);
    let runs = 0;
    await work(definition, () => (++runs < 4 ? Promise.reject(new Deferred(at)) : Promise.resolve()));
    await enqueue(definition, 1);
    await eventually(() => expect(runs).toBe(4));
  });

  it('that take too long are aborted, and the attempt failed', async () => {
    const definition = define({ timeoutMs: 50, backoffMs: [] });
    await work(definition, (_payload, { signal }) => delay(60_000, undefined, { signal }));
    await enqueue(definition, 1);
    await eventually(async () => expect(await letter()).toMatchObject({ error: { name: 'TaskTimeout' } }));
  });

  it('wait until they are due', async () => {
    const definition = define();
    const at = new Date(Date.now() + 700);
    let startedAt = 0;
    await work(definition, () => {
      startedAt = Date.now();
      return Promise.resolve();
    });
    await enqueue(definition, 1, { at });
    expect((await tasks.control.status(definition)).scheduled).toBe(1);
    await eventually(() => expect(startedAt).toBeGreaterThan(0));
    expect(startedAt).toBeGreaterThanOrEqual(at.getTime());
  });

  it('that are due later can be taken back', async () => {
    const definition = define();
    await enqueue(definition, 1, { id: 'later: on', at: new Date(Date.now() + 3_600_000) });
    expect(await tasks.queue.cancelSchedule(definition, 'later: on')).toBe(true);
    expect(await tasks.queue.cancelSchedule(definition, 'later: on')).toBe(false);
  });

  it('recur, each time as another task, until that is taken back', async () => {
    const definition = define();
    const ids: string[] = [];
    await work(definition, (_payload, { id }) => {
      ids.push(id);
      return Promise.resolve();
    });
    await tasks.queue.recur(definition, 'sweep', { everyMs: 1000 }, { workspace: 'w', n: 1 });
    await eventually(() => expect(ids.length).toBeGreaterThanOrEqual(2));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => id.startsWith('sweep-'))).toBe(true);
    expect(await tasks.queue.cancelSchedule(definition, 'sweep')).toBe(true);
  });

  it('of a paused kind wait until it is resumed', async () => {
    const definition = define();
    const done: number[] = [];
    await work(definition, ({ n }) => {
      done.push(n);
      return Promise.resolve();
    });
    await enqueue(definition, 1);
    await eventually(() => expect(done).toEqual([1]));
    await tasks.control.pause(definition);
    expect(await tasks.control.status(definition)).toMatchObject({ paused: true });
    await enqueue(definition, 2);
    // A worker that starts meanwhile leaves it paused.
    await work(definition, () => Promise.reject(new Error('a paused kind was worked on')));
    expect(await tasks.control.status(definition)).toMatchObject({ paused: true, pending: 1 });
    expect(done).toEqual([1]);
    await tasks.control.resume(definition);
    await open.pop()?.stop();
    await eventually(() => expect(done).toEqual([1, 2]));
  });

  it('of a worker that vanished are done by another one within seconds', async () => {
    const definition = define({ concurrency: 1 });
    const other = await connect(nats.url);
    const elsewhere = openTasks(other, { source: '/formbus/spec' });
    const taken = Promise.withResolvers<void>();
    await work(
      definition,
      () => {
        taken.resolve();
        return new Promise(() => undefined);
      },
      { on: elsewhere },
    );
    await enqueue(definition, 1);
    await taken.promise;
    await other.nc.close();
    const done: number[] = [];
    await work(definition, ({ n }) => {
      done.push(n);
      return Promise.resolve();
    });
    await eventually(() => expect(done).toEqual([1]));
  });

  it("that a process stops with are another one's at once, as the same attempt", async () => {
    const definition = define({ backoffMs: [] });
    const taken = Promise.withResolvers<void>();
    const first = await work(definition, (_payload, { signal }) => {
      taken.resolve();
      return delay(600_000, undefined, { signal });
    });
    await enqueue(definition, 1);
    await taken.promise;
    await first.stop(10);
    const attempts: number[] = [];
    await work(definition, (_payload, { attempt }) => {
      attempts.push(attempt);
      return Promise.resolve();
    });
    await eventually(() => expect(attempts).toEqual([1]));
    expect(await letter()).toBeUndefined();
  });

  it('are no dead letters because the server was away when they ended', async () => {
    const definition = define({ backoffMs: [] });
    const began = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    let runs = 0;
    await work(definition, () => {
      runs++;
      began.resolve();
      return runs === 1 ? end.promise : Promise.resolve();
    });
    const batch = randomUUID();
    await tasks.batches.open(batch, { workspace: 'w', total: 1 });
    await tasks.queue.enqueue(definition, { payload: { workspace: 'w', n: 1 }, batch });
    await began.promise;
    await nats.kill();
    await eventually(() => expect(bus.connected).toBe(false));
    end.resolve();
    await nats.restart();
    await eventually(async () =>
      expect(await state(batch)).toMatchObject({ state: 'succeeded', result: { failed: 0 } }),
    );
    expect(await letter()).toBeUndefined();
  });

  describe('of a key', () => {
    it('are done in order, one at a time, also when one of them fails at first', async () => {
      const definition = define({ key: ({ n }) => String(n % 2), concurrency: 4, tracked: true });
      const done: number[] = [];
      let failed = false;
      for (let n = 0; n < 12; n++) await enqueue(definition, n);
      await work(definition, async ({ n }) => {
        if (n === 2 && !failed) {
          failed = true;
          throw new Error('once');
        }
        await delay(1);
        done.push(n);
      });
      await eventually(() => expect(done).toHaveLength(12));
      expect(done.filter((n) => n % 2 === 0)).toEqual([0, 2, 4, 6, 8, 10]);
      expect(done.filter((n) => n % 2 === 1)).toEqual([1, 3, 5, 7, 9, 11]);
    });

    it('are in order, too, when a process stops with many in hand, and are begun by nobody twice', async () => {
      const definition = define({ key: () => 'one', tracked: true });
      const begun: string[] = [];
      const run =
        (who: string, ms: number) =>
        async ({ n }: Payload, { signal }: { signal: AbortSignal }) => {
          begun.push(`${who} ${n}`);
          await delay(ms, undefined, { signal });
        };
      for (let n = 0; n < 6; n++) await enqueue(definition, n);
      const first = await work(definition, run('first', 600_000));
      await eventually(() => expect(begun).toEqual(['first 0']));
      await first.stop(50);
      await work(definition, run('second', 0));
      await eventually(() => expect(begun).toHaveLength(7));
      expect(begun).toEqual(['first 0', ...[0, 1, 2, 3, 4, 5].map((n) => `second ${n}`)]);
    });

    it('that wait for another attempt hold up no other key, and can be cancelled', async () => {
      const definition = define({
        key: ({ n }) => String(n % 4),
        concurrency: 1,
        tracked: true,
        backoffMs: [3_600_000],
      });
      const done: number[] = [];
      await work(definition, ({ n }) => {
        if (n === 0) return Promise.reject(new Error('not within an hour'));
        done.push(n);
        return Promise.resolve();
      });
      const ids: string[] = [];
      for (let n = 0; n < 5; n++) ids.push((await enqueue(definition, n)).id);
      await eventually(() => expect(done).toEqual([1, 2, 3]));
      const [stuck = ''] = ids;
      await eventually(async () => expect((await state(stuck))?.state).toBe('retrying'));
      await tasks.tracking.cancel('w', stuck, new Date().toISOString());
      await eventually(() => expect(done).toEqual([1, 2, 3, 4]));
      expect((await state(stuck))?.state).toBe('cancelled');
    });

    it('that are deferred wait with no attempt on their account, and may have those before forgiven', async () => {
      const definition = define({ key: () => 'one', tracked: true, backoffMs: [10, 10] });
      const attempts: number[] = [];
      const ends = [
        ...[1, 2, 3, 4].map(() => new Deferred(new Date())),
        ...[new Error('once'), new Error('twice')],
        new Deferred(new Date(), 'it went on', { forgives: true }),
        ...[new Error('once'), new Error('twice')],
        new Deferred(new Date(Date.now() + 3_600_000), 'in an hour'),
      ];
      await work(definition, (_payload, { attempt, progress }) => {
        progress({ done: attempts.length });
        return Promise.reject(ends[attempts.push(attempt) - 1]!);
      });
      const { id } = await enqueue(definition, 1);
      await eventually(async () => {
        const waiting = { state: 'queued', attempt: 2, problem: null, progress: { done: ends.length - 1 } };
        expect(await state(id)).toMatchObject(waiting);
      });
      expect(attempts).toEqual([1, 1, 1, 1, 1, 2, 3, 1, 2, 3]);
    });

    it('have to be tracked', async () => {
      const definition = define({ key: () => 'one' });
      await expect(
        startTaskWorkers({
          tasks,
          handled: [handle(definition, () => Promise.resolve())],
          tiers: ['high'],
          logger: silent,
        }),
      ).rejects.toThrow('has to be tracked');
    });

    it('are left to one process at a time', async () => {
      const definition = define({ key: () => 'one', tracked: true });
      const by: string[] = [];
      const run = (who: string) => () => {
        by.push(who);
        return Promise.resolve();
      };
      const first = await work(definition, run('first'));
      await enqueue(definition, 1);
      await eventually(() => expect(by).toEqual(['first']));
      await work(definition, run('second'));
      for (let n = 0; n < 5; n++) await enqueue(definition, n);
      await eventually(() => expect(by).toHaveLength(6));
      expect(new Set(by)).toEqual(new Set(['first']));
      await first.stop();
      await enqueue(definition, 9);
      await eventually(() => expect(by.at(-1)).toBe('second'));
    });
  });

  it('of a limited rate begin no faster than that', async () => {
    const definition = define({ rate: { tasks: 2, perMs: 300 } });
    const at: number[] = [];
    for (let n = 0; n < 5; n++) await enqueue(definition, n);
    await work(definition, () => {
      at.push(performance.now());
      return Promise.resolve();
    });
    await eventually(() => expect(at).toHaveLength(5));
    const [first = 0, , third = 0, , fifth = 0] = at;
    expect(third - first).toBeGreaterThanOrEqual(295);
    expect(fifth - first).toBeGreaterThanOrEqual(590);
  });

  describe('that are tracked', () => {
    const tracked = (options: Partial<TaskDefinition<string, typeof payload>> = {}) =>
      define({ tracked: true, result: z.object({ twice: z.int() }), ...options });

    it('tell their state, progress and result', async () => {
      const definition = tracked();
      const { id } = await enqueue(definition, 21);
      expect(await state(id)).toMatchObject({ state: 'queued', attempt: 0, attempts: 3, about: { n: 21 } });
      const midway = Promise.withResolvers<void>();
      await work(definition, async ({ n }, { progress }) => {
        progress({ done: 1, total: 2, note: 'half' });
        await midway.promise;
        return { twice: 2 * n };
      });
      await eventually(async () =>
        expect(await state(id)).toMatchObject({
          state: 'running',
          attempt: 1,
          progress: { done: 1, total: 2, note: 'half' },
        }),
      );
      midway.resolve();
      await eventually(async () =>
        expect(await state(id)).toMatchObject({ state: 'succeeded', result: { twice: 42 }, problem: null }),
      );
    });

    it('tell why they failed, in words that are meant for callers', async () => {
      const definition = tracked({ backoffMs: [] });
      await work(definition, ({ n }) =>
        Promise.reject(n === 1 ? new Error('secret') : new Problem('form_not_found')),
      );
      const first = await enqueue(definition, 1);
      const second = await enqueue(definition, 2);
      await eventually(async () => {
        expect(await state(first.id)).toMatchObject({
          state: 'failed',
          problem: { code: 'task_failed', detail: null },
        });
        expect(await state(second.id)).toMatchObject({
          state: 'failed',
          problem: { code: 'form_not_found' },
        });
      });
    });

    it('go on where the attempt before had got to', async () => {
      const definition = tracked();
      const resumed: (string | null)[] = [];
      await work(definition, ({ n }, { progress, resume, attempt }) => {
        resumed.push(resume);
        progress({ done: attempt, resume: `line ${attempt}` });
        return attempt < 3 ? Promise.reject(new Error('again')) : Promise.resolve({ twice: n });
      });
      const { id } = await enqueue(definition, 1);
      await eventually(async () => expect((await state(id))?.state).toBe('succeeded'));
      expect(resumed).toEqual([null, 'line 1', 'line 2']);
    });

    it('that say too much of their progress fail, and say why', async () => {
      const definition = tracked({ backoffMs: [] });
      let runs = 0;
      await work(definition, (_payload, { progress }) => {
        runs++;
        progress({ note: 'x'.repeat(600) });
        return Promise.resolve({ twice: 1 });
      });
      const { id } = await enqueue(definition, 1);
      await eventually(async () => expect((await state(id))?.state).toBe('failed'));
      expect(runs).toBe(1);
      await eventually(async () => expect(await letter()).toMatchObject({ error: { name: 'ZodError' } }));
    });

    it('are dead letters when their result can not be stored', async () => {
      const definition = tracked({ backoffMs: [], result: z.object({ text: z.string() }) });
      await work(definition, () => Promise.resolve({ text: 'x'.repeat(9 * 1024 * 1024) }));
      const { id } = await enqueue(definition, 1);
      await eventually(async () => expect((await state(id))?.state).toBe('failed'));
      await eventually(async () => expect(await letter()).toBeDefined());
    });

    it('are cancelled while they run', async () => {
      const definition = tracked();
      const started = Promise.withResolvers<void>();
      await work(definition, async (_payload, { signal }) => {
        started.resolve();
        await delay(60_000, undefined, { signal });
        return { twice: 0 };
      });
      const { id } = await enqueue(definition, 1);
      await started.promise;
      await tasks.tracking.cancel('w', id, new Date().toISOString());
      await eventually(async () => expect((await state(id))?.state).toBe('cancelled'));
      await expect(tasks.tracking.cancel('w', id, new Date().toISOString())).rejects.toMatchObject({
        code: 'task_over',
      });
    });

    it('are cancelled before they have begun', async () => {
      const definition = tracked();
      const { id } = await enqueue(definition, 1);
      await tasks.tracking.cancel('w', id, new Date().toISOString());
      let ran = false;
      await work(definition, () => {
        ran = true;
        return Promise.resolve({ twice: 0 });
      });
      await eventually(async () => expect((await state(id))?.state).toBe('cancelled'));
      expect(ran).toBe(false);
    });

    it('have no state when their time is over', async () => {
      const definition = tracked({ resultTtlMs: 1000 });
      await work(definition, ({ n }) => Promise.resolve({ twice: n }));
      const { id } = await enqueue(definition, 1);
      await eventually(async () => expect((await state(id))?.state).toBe('succeeded'));
      await eventually(async () => expect(await state(id)).toBeUndefined());
    });
  });

  describe('of a batch', () => {
    it('end it together, and it says how many failed', async () => {
      const definition = define({ backoffMs: [] });
      const batch = randomUUID();
      await tasks.batches.open(batch, { workspace: 'w', total: 40 });
      await work(definition, ({ n }) =>
        n % 10 === 0 ? Promise.reject(new Error('tenth')) : Promise.resolve(),
      );
      await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          tasks.queue.enqueue(definition, { id: `${batch}:${n}`, payload: { workspace: 'w', n }, batch }),
        ),
      );
      await eventually(async () =>
        expect(await state(batch)).toMatchObject({ state: 'succeeded', result: { total: 40, failed: 4 } }),
      );
    });

    it('are counted once each, whoever does them and however often', async () => {
      const definition = define({ backoffMs: [20], concurrency: 4 });
      const batch = randomUUID();
      await tasks.batches.open(batch, { workspace: 'w', total: 100 });
      const runs = new Map<number, number>();
      const others = openTasks(bus, { source: '/formbus/other' });
      const run = ({ n }: Payload): Promise<void> => {
        runs.set(n, (runs.get(n) ?? 0) + 1);
        return Promise.resolve();
      };
      await work(definition, run);
      await work(definition, run, { on: others });
      const enqueueAll = (from: number, to: number): Promise<unknown> =>
        Promise.all(
          Array.from({ length: to - from }, (_, i) =>
            tasks.queue.enqueue(definition, {
              id: `${batch}:${from + i}`,
              payload: { workspace: 'w', n: from + i },
              batch,
            }),
          ),
        );
      await enqueueAll(0, 99);
      await eventually(() => expect(runs.size).toBe(99));
      // As when they were given to somebody else, long after they had ended.
      const again = {
        ...{ id: `${batch}:0`, kind, batch, payload: { workspace: 'w', n: 0 } },
        ...{ attempt: 2, queuedAt: new Date().toISOString(), actor: 'spec', correlation: 'spec' },
      };
      await tasks.batches.ended(again, 'failed');
      expect(await state(batch)).toMatchObject({ state: 'running' });
      await enqueueAll(99, 100);
      await eventually(async () =>
        expect(await state(batch)).toMatchObject({ state: 'succeeded', result: { total: 100, failed: 0 } }),
      );
    });

    it('keep its end for as long as they are known themselves', async () => {
      const batch = randomUUID();
      const day = 24 * 3600 * 1000;
      await tasks.batches.open(batch, { workspace: 'w', total: 0 });
      const { endedAt, expiresAt } = (await state(batch))!;
      expect(Date.parse(expiresAt) - Date.parse(endedAt!)).toBe(30 * day);
      const message = await leaderGet(bus, 'TASK_EVENTS', { last_by_subj: `tev.w.${batch}` });
      expect(message?.headers.has('Nats-TTL')).toBe(false);
    });

    it('without tasks ends at once', async () => {
      const batch = randomUUID();
      await tasks.batches.open(batch, { workspace: 'w', total: 0 });
      expect(await state(batch)).toMatchObject({ state: 'succeeded', result: { total: 0, failed: 0 } });
    });
  });
});
