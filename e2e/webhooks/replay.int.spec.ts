import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { disableWebhook, replayWebhook } from '#contracts/webhook/webhook.rpc';
import { openTasks, type Tasks } from '#eventing/task/open';
import { caller } from '#services/forms/testing/world';
import { eventually } from '#tools/testing/eventually';
import type { Received } from './receiver.ts';
import { FORM, openWebhookWorld, type WebhookWorld } from './world.ts';

let world: WebhookWorld;
let tasks: Tasks;
let submitted: string[];

beforeAll(async () => {
  world = await openWebhookWorld();
  tasks = openTasks(world.bus, { source: '/formbus/spec' });
  submitted = [];
  for (let i = 0; i < 20; i++) submitted.push(await world.submit(FORM));
});

afterAll(() => world?.stop());

const types = ['formbus.submission.submitted.v2'];
const replay = (webhook: string, more: object = {}) =>
  world.rpc.call(replayWebhook, {
    ...{ caller: caller(), webhook, from: { position: '0' }, to: null, perSecond: 500, idempotencyKey: null },
    ...more,
  });

async function ended(task: string) {
  return eventually(async () => {
    const found = await tasks.tracking.read('acme', task);
    expect(['succeeded', 'failed', 'cancelled']).toContain(found?.snapshot.state);
    return found!.snapshot;
  });
}

const submissions = (received: readonly Received[]) => received.map(({ data }) => data.submission);

describe('a replay', () => {
  it('sends all there is from the beginning, in order, to an endpoint that is younger than that', async () => {
    const receiver = await world.receiver();
    const { id } = await world.webhook(receiver, { types });
    const { task } = await replay(id);
    expect(await ended(task)).toMatchObject({ state: 'succeeded', result: { delivered: submitted.length } });
    expect(submissions(receiver.received)).toEqual(submitted);
  });

  it('begins behind a position, or with an instant, and ends at a position', async () => {
    const receiver = await world.receiver();
    const { id } = await world.webhook(receiver, { types });
    await ended((await replay(id)).task);
    const [fifth, tenth] = [receiver.received[4]!.data.position, receiver.received[9]!.data.position];
    receiver.received.length = 0;
    await ended((await replay(id, { from: { position: fifth }, to: tenth })).task);
    expect(submissions(receiver.received)).toEqual(submitted.slice(5, 10));
    receiver.received.length = 0;
    const time = new Date().toISOString();
    await ended((await replay(id, { from: { time } })).task);
    expect(receiver.received).toEqual([]);
    await ended((await replay(id, { from: { time: '2020-01-01T00:00:00.000Z' } })).task);
    expect(submissions(receiver.received)).toEqual(submitted);
  });

  it('has the same ids as the deliveries before', async () => {
    const receiver = await world.receiver();
    const { id } = await world.webhook(receiver, { types });
    await ended((await replay(id)).task);
    await ended((await replay(id)).task);
    const ids = receiver.received.map((received) => received.id);
    expect(ids.slice(20)).toEqual(ids.slice(0, 20));
    expect(new Set(ids).size).toBe(20);
  });

  it('keeps to its rate, can be cancelled, and tells how far it came', async () => {
    const receiver = await world.receiver();
    const { id } = await world.webhook(receiver, { types });
    const { task } = await replay(id, { perSecond: 2 });
    await eventually(() => expect(receiver.received.length).toBeGreaterThan(2));
    await tasks.tracking.cancel('acme', task, new Date().toISOString());
    expect(await ended(task)).toMatchObject({ state: 'cancelled' });
    const { length } = receiver.received;
    expect(length).toBeLessThan(submitted.length);
    expect(submissions(receiver.received)).toEqual(submitted.slice(0, length));
  });

  it('stays at an event that fails until it does not', async () => {
    const receiver = await world.receiver((response, _received, count) =>
      response.writeHead(count === 3 ? 500 : 204).end(),
    );
    const { id } = await world.webhook(receiver, { types });
    expect(await ended((await replay(id)).task)).toMatchObject({ result: { delivered: submitted.length } });
    const expected = [...submitted.slice(0, 3), ...submitted.slice(2)];
    expect(submissions(receiver.received)).toEqual(expected);
  });

  it('is made once for one idempotency key, and not to a disabled endpoint', async () => {
    const { id } = await world.webhook(await world.receiver(), { types });
    const first = await replay(id, { idempotencyKey: 'k' });
    expect(await replay(id, { idempotencyKey: 'k' })).toEqual({ task: first.task, replayed: true });
    await expect(replay(id, { idempotencyKey: 'k', perSecond: 1 })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    await world.rpc.call(disableWebhook, { caller: caller(), webhook: id, expectVersion: null });
    await expect(replay(id)).rejects.toMatchObject({ code: 'webhook_disabled' });
  });
});
