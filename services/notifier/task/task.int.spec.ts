import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { z } from 'zod';
import { defineTask } from '#contracts/task';
import { listTasks } from '#contracts/task/task.rpc';
import { connectBus, type Bus } from '#eventing/bus';
import { openRecords } from '#eventing/records';
import { handle } from '#eventing/task/context';
import { openTasks, type Tasks } from '#eventing/task/open';
import { startTaskWorkers, type TaskWorkers } from '#eventing/task/workers';
import { ensureTopology } from '#eventing/topology';
import { connectDatabase, type Database } from '#readmodel/database';
import { Projector } from '#readmodel/projector';
import { ReadModel } from '#readmodel/read-model';
import { RpcClient } from '#service/rpc-client';
import { startRpc, type RpcService } from '#service/rpc';
import { eventually } from '#tools/testing/eventually';
import { testDatabase } from '#tools/testing/mongo';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { TaskModule } from './task.module.ts';
import { tasksProjection, type TaskDocument } from './task.projection.ts';

const logger = pino({ level: 'silent' });
const define = (kind: string) =>
  defineTask({
    kind,
    tier: 'batch',
    summary: 'Counts.',
    payload: z.object({ workspace: z.string(), n: z.int() }),
    result: z.object({ n: z.int() }),
    tracked: true,
    timeoutMs: 10_000,
    backoffMs: [],
    concurrency: 4,
  });
const counting = define('count');
const waiting = define('wait');

let nats: TestNats;
let bus: Bus;
let tasks: Tasks;
let database: Database;
let projector: Projector<TaskDocument>;
let model: ReadModel<TaskDocument>;
let rpc: RpcService;
let workers: TaskWorkers;
let client: RpcClient;

beforeAll(async () => {
  nats = await startTestNats();
  bus = await connectBus({ servers: nats.url, name: 'tasks spec', logger });
  await ensureTopology(bus);
  tasks = openTasks(bus, { source: '/formbus/spec' });
  const { log } = await openRecords(bus, { stream: 'TASK_EVENTS', source: '/formbus/spec' });
  database = connectDatabase({ ...testDatabase(), logger });
  projector = new Projector({ bus, log, database, projection: tasksProjection, logger });
  projector.start();
  model = new ReadModel({ bus, log, database, projection: tasksProjection });
  rpc = await startRpc(TaskModule.with({ model }), { service: 'notifier', bus });
  client = new RpcClient(bus);
  workers = await startTaskWorkers({
    tasks,
    handled: [
      handle(counting, ({ n }, context) => {
        context.progress({ done: n, total: n, note: 'counted', resume: 'secret place' });
        return Promise.resolve({ n });
      }),
    ],
    tiers: ['batch'],
    logger,
  });
});

afterAll(async () => {
  await workers?.stop(100);
  await rpc?.close();
  model?.close();
  await projector?.stop();
  await tasks?.queue.drain();
  await database?.close();
  await bus?.close();
  await nats?.stop();
});

const list = (workspace: string, more: Partial<z.infer<typeof listTasks.request>> = {}) =>
  client.call(listTasks, {
    caller: { workspace, actor: 'key:spec', correlation: 'spec' },
    state: null,
    kind: null,
    limit: 50,
    cursor: null,
    ...more,
  });
const idsOf = ({ items }: { items: readonly { task: string }[] }): string[] => items.map(({ task }) => task);

async function enqueue(workspace: string, kinds: readonly ReturnType<typeof define>[]): Promise<string[]> {
  const ids: string[] = [];
  for (const [n, kind] of kinds.entries()) {
    const { id } = await tasks.queue.enqueue(kind, { payload: { workspace, n } });
    ids.unshift(id);
  }
  return ids;
}

describe('the list of tasks', () => {
  it('shows what became of each, the newest first, without what is for its next attempt alone', async () => {
    const ids = await enqueue('shown', [counting, counting]);
    await eventually(async () => {
      const page = await list('shown');
      expect(idsOf(page)).toEqual(ids);
      expect(page.items[0]).toMatchObject({
        kind: 'count',
        state: 'succeeded',
        about: { workspace: 'shown', n: 1 },
        progress: { done: 1, total: 1, note: 'counted' },
        result: { n: 1 },
      });
      expect(JSON.stringify(page)).not.toContain('secret place');
    });
  });

  it('is of one workspace, and narrowed by kind and state', async () => {
    const [waits, counts] = await enqueue('narrowed', [counting, waiting]);
    await eventually(async () => {
      expect(idsOf(await list('narrowed', { state: 'succeeded' }))).toEqual([counts]);
      expect(idsOf(await list('narrowed', { state: 'queued' }))).toEqual([waits]);
    });
    expect(idsOf(await list('narrowed', { kind: 'wait' }))).toEqual([waits]);
    expect(idsOf(await list('narrowed', { kind: 'none' }))).toEqual([]);
    expect(idsOf(await list('elsewhere'))).toEqual([]);
  });

  it('is read page by page', async () => {
    const ids = await enqueue('paged', Array<typeof waiting>(5).fill(waiting));
    await eventually(async () => expect(idsOf(await list('paged'))).toHaveLength(5));
    const pages: string[][] = [];
    for (let cursor: string | null = null; pages.length === 0 || cursor !== null;) {
      const page = await list('paged', { limit: 2, cursor });
      pages.push(idsOf(page));
      cursor = page.next;
    }
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(pages.flat()).toEqual(ids);
  });

  it('refuses the cursor of another list', async () => {
    await enqueue('cursors', [waiting, waiting]);
    await eventually(async () => expect(idsOf(await list('cursors'))).toHaveLength(2));
    const { next } = await list('cursors', { limit: 1 });
    await expect(list('cursors', { kind: 'wait', cursor: next })).rejects.toMatchObject({
      code: 'bad_cursor',
    });
  });
});
