import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { projectionVerifyTasks } from '#contracts/operations/projection-verify.task';
import { KEPT } from '#contracts/operations/projections';
import { webhookReplayTask } from '#contracts/webhook/webhook-replay.task';
import { Permanent } from '#eventing/disposition';
import { handle } from '#eventing/task/context';
import { startTaskWorkers, type TaskWorkers } from '#eventing/task/workers';
import { publishNotice } from '#readmodel/notice';
import { Readiness } from '#service/readiness';
import { answerRollCalls } from '#service/roll-call';
import { eventually } from '#tools/testing/eventually';
import { logger, openGatewayWorld, type GatewayWorld } from '../testing/world.ts';

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

const url = '/v1/operations';
const post = (path: string, payload?: object, headers: Record<string, string> = {}) =>
  world.ask({ method: 'POST', url: `${url}${path}`, headers, ...(payload && { payload }) });
const kindOf = async (kind: string): Promise<unknown> => {
  const { items } = (await world.ask({ url: `${url}/task-kinds` })).json<{ items: { kind: string }[] }>();
  return items.find((item) => item.kind === kind);
};
/** A worker of replays that all fail for good, so that each becomes a dead letter. */
async function failing(message: () => string): Promise<void> {
  const handled = [
    handle(webhookReplayTask, () => Promise.reject(new Permanent(message()))),
    handle(projectionVerifyTasks.forms, () => Promise.reject(new Permanent('not here'))),
  ];
  workers = await startTaskWorkers({ tasks: world.tasks, handled, tiers: ['batch'], logger });
}

describe('the status', () => {
  it('is streams, kinds of tasks, dead letters and projections at one look', async () => {
    await eventually(async () => {
      const notice = { token: 1, generation: 'g', epoch: 'e', seq: 5, state: 'live', ageSeconds: 0 } as const;
      publishNotice(world.bus, { name: 'submissions' }, notice);
      const response = await world.ask({ url: `${url}/status` });
      expect(response.json()).toMatchObject({
        bus: { server: expect.stringMatching(/^\d+\.\d+\.\d+/) },
        deadLetters: { waiting: 0, byDurable: {} },
        projections: expect.arrayContaining([
          { projection: 'submissions', state: 'live', position: 'e.5', ageSeconds: 0 },
        ]),
      });
      const { streams, taskKinds } = response.json<Record<string, Record<string, unknown>[]>>();
      expect(streams).toContainEqual(
        expect.objectContaining({ name: 'EVENTS', retention: 'limits', messages: expect.any(Number) }),
      );
      expect(taskKinds?.map(({ kind }) => kind)).toContain('webhook-replay');
    });
  });

  it('is there by its parts', async () => {
    const { items } = (await world.ask({ url: `${url}/streams` })).json<{ items: { name: string }[] }>();
    expect(items.map(({ name }) => name)).toEqual(expect.arrayContaining(['DLQ', 'EVENTS', 'TASKS_HIGH']));
    expect(await kindOf('mail')).toMatchObject({ tier: 'high', pending: 0, paused: false });
  });
});

describe('the status of services', () => {
  it('tells of those that answer, and which are missing', async () => {
    const readiness = new Readiness();
    readiness.add('mongodb', () => ({ ok: true, degraded: true, detail: 'away' }));
    answerRollCalls(world.bus, { name: 'forms', readiness });
    const { services } = (await world.ask({ url: `${url}/status` })).json<{ services: object[] }>();
    expect(services).toMatchObject([
      { service: 'gateway', state: 'silent', instances: [] },
      {
        service: 'forms',
        state: 'degraded',
        instances: [{ state: 'degraded', troubles: [{ check: 'mongodb', detail: 'away' }] }],
      },
      { service: 'notifier', state: 'silent' },
    ]);
  });
});

describe('a kind of task', () => {
  it('is paused and resumed', async () => {
    await failing(() => 'none is asked for');
    await eventually(async () => {
      expect((await post('/task-kinds/webhook-replay/pause')).json()).toMatchObject({ paused: true });
    });
    expect(await kindOf('webhook-replay')).toMatchObject({ paused: true });
    expect((await post('/task-kinds/webhook-replay/resume')).json()).toMatchObject({
      kind: 'webhook-replay',
      paused: false,
    });
  });

  it('that there is none of, or that no worker ever took, is not found', async () => {
    expect((await post('/task-kinds/made-up/pause')).json()).toMatchObject({ code: 'task_kind_not_found' });
    expect((await post('/task-kinds/mail/pause')).json()).toMatchObject({ code: 'task_kind_not_found' });
  });
});

describe('a projection', () => {
  it.each(['verify', 'rebuild'])('is told to %s as a task, the same one for a repeat', async (what) => {
    const first = await post(`/projections/forms/${what}`, undefined, { 'idempotency-key': 'k' });
    const again = await post(`/projections/forms/${what}`, undefined, { 'idempotency-key': 'k' });
    const other = await post(`/projections/submissions/${what}`, undefined, { 'idempotency-key': 'k' });
    const ofAnother = await post(`/projections/tasks/${what}`, undefined, { 'idempotency-key': 'k' });
    expect([first.statusCode, again.statusCode]).toEqual([202, 202]);
    for (const response of [other, ofAnother])
      expect(response.json()).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect(first.json()).toMatchObject({
      kind: `projection-${what}-forms`,
      state: 'queued',
      about: { workspace: 'acme', projection: 'forms' },
    });
    expect(first.headers.location).toBe(`/v1/tasks/${first.json().id}`);
    expect([first.headers['idempotency-replayed'], again.headers['idempotency-replayed']]).toEqual([
      undefined,
      'true',
    ]);
    expect(again.json().id).toBe(first.json().id);
    expect((await world.ask({ url: String(first.headers.location) })).json()).toEqual(first.json());
  });

  it.each(Object.entries(KEPT))('of %s is left to a worker of that service', async (keeper, projections) => {
    for (const projection of projections) {
      expect((await post(`/projections/${projection}/verify`)).json()).toMatchObject({
        kind: `projection-verify-${keeper}`,
        about: { projection },
      });
    }
  });

  it('has to be one of those that there are', async () => {
    expect((await post('/projections/none/verify')).json()).toMatchObject({
      status: 400,
      code: 'bad_request',
      errors: [
        {
          path: '/projection',
          message: 'Must be one of forms, submissions, deliveries, tasks, mailTemplates.',
        },
      ],
    });
  });
});
