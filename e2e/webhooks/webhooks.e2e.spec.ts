import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Webhook as Verifier } from 'standardwebhooks';
import { eventually } from '#tools/testing/eventually';
import { publishGuestBook, startWorld, type World } from '../system/world.ts';
import { deliveriesOf, SUBMITTED, subscribe as subscribeWith, type Hook } from './hooks.ts';
import { answering, Receiver, type Received } from './receiver.ts';

interface Task {
  readonly id: string;
  readonly state: string;
  readonly result: unknown;
  readonly progress: { readonly done: number; readonly total: number | null } | null;
}

describe('webhooks', () => {
  let world: World;
  const open: Receiver[] = [];

  beforeAll(async () => {
    world = await startWorld({ WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' });
  });
  afterEach(async () => {
    for (const receiver of open.splice(0)) await receiver.stop();
  });
  afterAll(async () => {
    await world?.close();
  });

  const newForm = async (): Promise<string> => {
    const id = `f${randomUUID()}`;
    await publishGuestBook(world.client, id);
    return id;
  };
  const receiver = async (): Promise<Receiver> => {
    const started = await Receiver.start();
    open.push(started);
    return started;
  };
  const post = <T>(path: string, body?: unknown) => world.client.call<T>({ method: 'POST', path, body });
  const get = async <T>(path: string): Promise<T> =>
    (await world.client.call<T>({ method: 'GET', path })).body;
  const subscribe = (settings: Record<string, unknown>): Promise<Hook> =>
    subscribeWith(world.client, { types: [SUBMITTED], ...settings });
  const submit = async (form: string, name: string): Promise<string> =>
    (await world.client.submit(form, { name })).body.id;
  const submissions = (received: readonly Received[]) => received.map(({ data }) => data.submission);
  const verify = async (hook: Hook, { headers, body }: Received): Promise<void> => {
    const { secret } = await get<{ secret: string }>(`/v1/webhooks/${hook.id}/secret`);
    expect(new Verifier(secret).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(body));
  };

  it('tell of a submission, signed', async () => {
    const [form, target] = [await newForm(), await receiver()];
    const hook = await subscribe({ url: target.url, form, payload: 'full' });
    const id = await submit(form, 'Ada');
    await eventually(() => expect(target.received).toHaveLength(1));
    const [first] = target.received;
    if (first === undefined) throw new Error('nothing arrived');
    expect(first).toMatchObject({ type: SUBMITTED, data: { form, submission: id } });
    expect(first.data.content).toMatchObject({ answers: { name: 'Ada' } });
    await verify(hook, first);
    await eventually(async () => {
      expect(await deliveriesOf(world.client, hook)).toMatchObject([{ state: 'delivered' }]);
    });
  });

  it('try again while the endpoint is down, as the same message', async () => {
    const [form, target] = [await newForm(), await receiver()];
    const hook = await subscribe({ url: target.url, form });
    target.answer = answering(503);
    const id = await submit(form, 'Grace');
    await eventually(() => expect(target.received).toHaveLength(1));
    target.answer = answering(200);
    await eventually(() => expect(target.received).toHaveLength(2));
    const [first, second] = target.received;
    expect(submissions(target.received)).toEqual([id, id]);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(Number(second?.headers['webhook-timestamp'])).toBeGreaterThan(
      Number(first?.headers['webhook-timestamp']),
    );
    if (second !== undefined) await verify(hook, second);
  });

  it('of an endpoint that came later are replayed from the beginning, in order', async () => {
    const form = await newForm();
    const ids: string[] = [];
    for (let n = 0; n < 20; n++) ids.push(await submit(form, `n${n}`));
    const target = await receiver();
    const hook = await subscribe({ url: target.url, form });
    const accepted = await post<Task>(`/v1/webhooks/${hook.id}/replays`, {
      from: { position: '0' },
      perSecond: 200,
    });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.location).toContain(`/v1/tasks/${accepted.body.id}`);
    await eventually(async () => {
      const task = await get<Task>(`/v1/tasks/${accepted.body.id}`);
      expect(task.state).toBe('succeeded');
    });
    expect(submissions(target.received)).toEqual(ids);
  });

  it('are not sent to an endpoint that is gone, until it is enabled again', async () => {
    const [form, target] = [await newForm(), await receiver()];
    const hook = await subscribe({ url: target.url, form });
    target.answer = answering(410);
    await submit(form, 'first');
    await eventually(async () =>
      expect(await get<Hook>(`/v1/webhooks/${hook.id}`)).toMatchObject({
        state: 'disabled',
        disabled: { reason: 'gone' },
      }),
    );
    target.answer = answering(200);
    const second = await submit(form, 'second');
    await post(`/v1/webhooks/${hook.id}/enable`);
    await eventually(() => expect(submissions(target.received)).toContain(second));
  });

  it('tell of the end of a task', async () => {
    const target = await receiver();
    await subscribe({ url: target.url, types: ['formbus.task.finished.v1'] });
    const { body } = await post<Task>('/v1/operations/projections/forms/verify');
    await eventually(() => expect(target.received.map(({ data }) => data.task)).toContain(body.id));
    expect(await get<Task>(`/v1/tasks/${body.id}`)).toMatchObject({ state: 'succeeded' });
  });

  it('reach no address of this machine unless that is allowed', async () => {
    const refused = await world.client.exchange({
      method: 'POST',
      path: '/v1/webhooks',
      body: { url: 'http://169.254.169.254/latest/meta-data' },
    });
    expect(refused).toMatchObject({ status: 422, body: { code: 'webhook_target_refused' } });
  });
});
