import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { z } from 'zod';
import { defineTask } from '#contracts/task';
import { listTasks, type FollowedTask } from '#contracts/task/task.rpc';
import { handle, type TaskHandler } from '#eventing/task/context';
import { startTaskWorkers, type TaskWorkers } from '#eventing/task/workers';
import { Permanent } from '#eventing/disposition';
import { issueApiKey } from '#security/api-key';
import { eventually } from '#tools/testing/eventually';
import { bootstrap } from '../access/bootstrap.ts';
import { logger, openGatewayWorld, type GatewayWorld } from '../testing/world.ts';

const counting = defineTask({
  kind: 'spec-count',
  tier: 'batch',
  summary: 'Counts.',
  payload: z.object({ workspace: z.string(), n: z.int() }),
  result: z.object({ n: z.int() }),
  tracked: true,
  timeoutMs: 20_000,
  backoffMs: [],
  concurrency: 4,
});
type Count = TaskHandler<{ workspace: string; n: number }, { n: number }>;

let world: GatewayWorld;
let workers: TaskWorkers | undefined;

beforeAll(async () => {
  world = await openGatewayWorld();
});
afterEach(async () => {
  await workers?.stop(100);
  workers = undefined;
});
afterAll(() => world?.stop());

const enqueue = async (): Promise<string> =>
  (await world.tasks.queue.enqueue(counting, { payload: { workspace: 'acme', n: 3 } })).id;
const work = async (run: Count): Promise<void> => {
  const { tasks } = world;
  const handled = [handle(counting, run)];
  workers = await startTaskWorkers({ tasks, handled, tiers: ['batch'], logger });
};
const get = (task: string, headers: Record<string, string> = {}) =>
  world.ask({ url: `/v1/tasks/${task}`, headers });
const ended = (task: string, state: string) =>
  eventually(async () => {
    const response = await get(task);
    expect(response.json()).toMatchObject({ state });
    return response;
  });

describe('a task', () => {
  it('is followed from the moment it is asked for to what it came to', async () => {
    const task = await enqueue();
    const queued = await get(task);
    expect(queued.json()).toMatchObject({
      id: task,
      kind: 'spec-count',
      state: 'queued',
      about: { workspace: 'acme', n: 3 },
      result: null,
      cancelRequested: false,
    });
    expect(queued.headers['retry-after']).toBe('1');

    await work(({ n }, { progress }) => {
      progress({ done: 1, total: n, note: 'on it', resume: 'where to go on' });
      return Promise.resolve({ n });
    });
    const over = await ended(task, 'succeeded');
    expect(over.json()).toMatchObject({
      progress: { done: 1, total: 3, note: 'on it' },
      result: { n: 3 },
      problem: null,
      attempt: 1,
    });
    expect(over.body).not.toContain('where to go on');
    expect(over.headers['retry-after']).toBeUndefined();
    const known = await get(task, { 'if-none-match': String(over.headers.etag) });
    expect([known.statusCode, known.body]).toEqual([304, '']);
    expect((await get(task, { 'if-none-match': String(queued.headers.etag) })).statusCode).toBe(200);
  });

  it('says why it failed as an error answer would', async () => {
    await work(() => Promise.reject(new Permanent('the answer to everything is not 3')));
    const failed = await ended(await enqueue(), 'failed');
    expect(failed.json()).toMatchObject({
      result: null,
      problem: {
        type: 'urn:formbus:problem:task_failed',
        status: 500,
        code: 'task_failed',
        detail: 'the answer to everything is not 3',
      },
    });
  });

  it('is told to stop when it is cancelled, once', async () => {
    const begun = Promise.withResolvers<void>();
    await work(async (_payload, { signal }) => {
      begun.resolve();
      await once(signal, 'abort');
      throw signal.reason;
    });
    const task = await enqueue();
    await begun.promise;
    const cancel = () => world.ask({ method: 'POST', url: `/v1/tasks/${task}/cancel` });
    const asked = await cancel();
    expect([asked.statusCode, asked.json()]).toEqual([
      202,
      expect.objectContaining({ id: task, cancelRequested: true }),
    ]);
    expect(asked.headers).toMatchObject({ location: `/v1/tasks/${task}`, 'retry-after': '1' });
    await ended(task, 'cancelled');
    expect((await cancel()).json()).toMatchObject({ status: 409, code: 'task_over' });
  });

  it('is nothing to other workspaces', async () => {
    const task = await enqueue();
    const { key } = issueApiKey();
    await bootstrap(world.executor, 'other', key);
    const read = await world.ask({ url: `/v1/tasks/${task}`, key });
    const cancelled = await world.ask({ method: 'POST', url: `/v1/tasks/${task}/cancel`, key });
    expect([read.json().code, cancelled.json().code]).toEqual(['task_not_found', 'task_not_found']);
    expect((await get(task)).json()).toMatchObject({ cancelRequested: false });
  });

  it('that never was is not found, and an id that can be none is refused', async () => {
    expect((await get('0198a4c2-7d0e-7c53-9a41-5d2f6f3b8a10')).json()).toMatchObject({
      code: 'task_not_found',
    });
    expect((await get('*')).json()).toMatchObject({ code: 'bad_request' });
  });
});

describe('the list of tasks', () => {
  const listed: FollowedTask = {
    task: 't1',
    kind: 'spec-count',
    tier: 'batch',
    state: 'failed',
    attempt: 1,
    attempts: 1,
    progress: null,
    about: { workspace: 'acme' },
    result: null,
    problem: { code: 'webhook_disabled', title: 'Title', detail: null },
    queuedAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    endedAt: '2026-01-01T00:00:01.000Z',
    expiresAt: '2026-02-01T00:00:00.000Z',
    cancelRequestedAt: null,
  };

  it('shows tasks as they are by their own address', async () => {
    let asked: unknown;
    world.answer(listTasks, ({ caller: { workspace }, ...request }) => {
      asked = { workspace, ...request };
      const readModel = { position: 'r.3', ageSeconds: 2.5, state: 'behind' } as const;
      return { items: [listed], next: 'c2', readModel };
    });
    const response = await world.ask({
      url: '/v1/tasks?state=failed&kind=spec-count&limit=1&cursor=c1',
    });
    expect(response.json()).toMatchObject({
      items: [{ id: 't1', state: 'failed', problem: { status: 409 }, cancelRequested: false }],
      next: 'c2',
    });
    expect(response.headers).toMatchObject({ 'formbus-age': '2.5', 'formbus-read-model': 'behind' });
    expect(asked).toEqual({
      workspace: 'acme',
      state: 'failed',
      kind: 'spec-count',
      limit: 1,
      cursor: 'c1',
    });
  });

  it('refuses a state that there is none', async () => {
    expect((await world.ask({ url: '/v1/tasks?state=done' })).json()).toMatchObject({
      errors: [{ path: '/state' }],
    });
  });
});
