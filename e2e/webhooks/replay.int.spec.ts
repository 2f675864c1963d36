import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listTasks } from '#contracts/task/task.rpc';
import { webhookReplayTask } from '#contracts/webhook/webhook-replay.task';
import { disableWebhook, replayWebhook } from '#contracts/webhook/webhook.rpc';
import { TaskControl } from '#eventing/task/control';
import { openTasks, type Tasks } from '#eventing/task/open';
import { caller } from '#services/forms/testing/world';
import { eventually } from '#tools/testing/eventually';
import { answering, type Received } from './receiver.ts';
import { FORM, openWebhookWorld, type WebhookWorld } from './world.ts';

let world: WebhookWorld;
let tasks: Tasks;
let submitted: string[];

beforeAll(async () => {
  world = await openWebhookWorld({ turnMs: 1_000 });
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

const stateOf = async (task: string) => (await tasks.tracking.read('acme', task))!.snapshot;

const submissions = (received: readonly Received[]) => received.map(({ data }) => data.submission);

describe('a replay', () => {
  it('sends all there is from the beginning, in order, to an endpoint that is younger than that', async () => {
    const receiver = await world.receiver();
    const { id } = await world.webhook(receiver, { types });
    const { task } = await replay(id);
    const delivered = submitted.length;
    expect(await ended(task)).toMatchObject({
      ...{ state: 'succeeded', result: { delivered }, progress: { done: delivered } },
    });
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

  it('waits for no more than a turn of others, however long they take', async () => {
    const slow = await Promise.all(
      Array.from({ length: 4 }, async () => {
        // However long this takes, they don't get to the end.
        const receiver = await world.receiver((response, _received, count) =>
          response.writeHead(count < submitted.length ? 204 : 503, { 'retry-after': '600' }).end(),
        );
        const { id } = await world.webhook(receiver, { types });
        return (await replay(id, { perSecond: 1 })).task;
      }),
    );
    await eventually(async () => {
      for (const task of slow) expect((await stateOf(task)).startedAt).not.toBeNull();
    });
    const { id } = await world.webhook(await world.receiver(), { types });
    expect(await ended((await replay(id)).task)).toMatchObject({ state: 'succeeded' });
    for (const task of slow) {
      const { state, attempt, progress } = await stateOf(task);
      expect(['queued', 'running', 'retrying']).toContain(state);
      expect(attempt).toBeLessThan(2);
      expect(progress?.done).toBeLessThan(submitted.length);
      await tasks.tracking.cancel('acme', task, new Date().toISOString());
    }
  });

  it('keeps its rate and its place over all its turns', async () => {
    const receiver = await world.receiver();
    const { id } = await world.webhook(receiver, { types });
    const { task } = await replay(id, { perSecond: 5 });
    expect(await ended(task)).toMatchObject({
      ...{ state: 'succeeded', attempt: 1 },
      result: { delivered: submitted.length },
    });
    expect(submissions(receiver.received)).toEqual(submitted);
    const [first, last] = [receiver.received[0]!, receiver.received.at(-1)!];
    expect(last.at - first.at).toBeGreaterThan(((submitted.length - 1) / 5) * 1_000 - 200);
  });

  it('that fails uses up an attempt, unless it delivered something', async () => {
    const started = await Promise.all(
      [1, 3].map(async (fails) => {
        const receiver = await world.receiver((response, _received, count) =>
          response.writeHead(count < fails ? 204 : 500).end(),
        );
        const { id } = await world.webhook(receiver, { types });
        return (await replay(id)).task;
      }),
    );
    const [atOnce = '', later = ''] = started;
    const note = expect.stringMatching(/ is not delivered yet: it answered 500$/);
    await eventually(async () => {
      expect(await stateOf(atOnce)).toMatchObject({ state: 'retrying', attempt: 1, progress: { note } });
    });
    await eventually(async () => {
      const waiting = { state: 'queued', attempt: 0, problem: null, progress: { done: 2, note } };
      expect(await stateOf(later)).toMatchObject(waiting);
    });
    for (const task of started) await tasks.tracking.cancel('acme', task, new Date().toISOString());
    for (const task of started) expect(await ended(task)).toMatchObject({ state: 'cancelled' });
  });

  it('leaves an endpoint alone for as long as it asks', async () => {
    const receiver = await world.receiver(answering(503, { 'retry-after': '600' }));
    const { id } = await world.webhook(receiver, { types });
    const { task } = await replay(id);
    await eventually(async () => expect((await stateOf(task)).state).toBe('retrying'));
    const [, delivered, notBefore] = (await stateOf(task)).progress!.resume!.split(' ');
    expect(delivered).toBe('0');
    expect(Number(notBefore)).toBeGreaterThan(Date.now() + 500_000);
    expect(receiver.received).toHaveLength(1);
    await tasks.tracking.cancel('acme', task, new Date().toISOString());
    expect(await ended(task)).toMatchObject({ state: 'cancelled' });
  });

  it('waits for few others: more of an endpoint, or of a workspace, are refused', async () => {
    const control = new TaskControl(world.bus);
    await control.pause(webhookReplayTask);
    try {
      const { id } = await world.webhook(await world.receiver(), { types });
      const other = await world.webhook(await world.receiver(), { types });
      const first = await replay(id, { idempotencyKey: 'first' });
      // Each of them twice.
      const keys = Array.from({ length: 20 }, (_, index) => `key-${index % 10}`);
      const atOnce = await Promise.allSettled(keys.map((idempotencyKey) => replay(id, { idempotencyKey })));
      const answered = atOnce.flatMap((one) => (one.status === 'fulfilled' ? [one.value.task] : []));
      const begun = [...new Set([first.task, ...answered])];
      expect(begun).toHaveLength(5);
      expect(answered).toHaveLength(8);
      const listed = async (count: number): Promise<void> => {
        const list = { kind: 'webhook-replay', state: 'queued', limit: 200, cursor: null } as const;
        await eventually(async () => {
          const { items } = await world.rpc.call(listTasks, { caller: caller(), ...list });
          expect(items).toHaveLength(count);
        });
      };
      await listed(5);
      const refused = (text: string) => ({
        code: 'too_many_replays',
        message: expect.stringContaining(text),
      });
      await expect(replay(id)).rejects.toMatchObject(refused('5 replays to this webhook'));
      expect(await replay(id, { idempotencyKey: 'first' })).toEqual({ ...first, replayed: true });
      begun.push((await replay(other.id)).task);
      const payload = { workspace: 'acme', perSecond: 1, after: 'a.0', upTo: 'a.1', request: '' };
      while (begun.length < 50) {
        const { id: task } = await tasks.queue.enqueue(webhookReplayTask, {
          payload: { ...payload, webhook: `gone-${begun.length}` },
        });
        begun.push(task);
      }
      await listed(50);
      await expect(replay(other.id)).rejects.toMatchObject(refused('50 replays of this workspace'));
      const at = new Date().toISOString();
      for (const task of begun) await tasks.tracking.cancel('acme', task, at);
      await control.resume(webhookReplayTask);
      for (const task of begun) await ended(task);
      await eventually(async () => begun.push((await replay(id)).task));
      expect(await ended(begun.at(-1)!)).toMatchObject({ state: 'succeeded' });
    } finally {
      await control.resume(webhookReplayTask);
    }
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
