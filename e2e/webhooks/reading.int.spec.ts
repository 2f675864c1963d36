import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { deliveryAttemptedV1 } from '#contracts/delivery/delivery.records';
import { newEvent } from '#contracts/event';
import { subjects } from '#contracts/subjects';
import {
  changeWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  getDelivery,
  getWebhook,
  getWebhookSecret,
  listDeliveries,
  redeliver,
  replayWebhook,
  rotateWebhookSecret,
  testWebhook,
  type Webhook,
} from '#contracts/webhook/webhook.rpc';
import { openRecords } from '#eventing/records';
import { caller } from '#services/forms/testing/world';
import { eventually } from '#tools/testing/eventually';
import type { Receiver } from './receiver.ts';
import { FORM, openWebhookWorld, type WebhookWorld } from './world.ts';

let world: WebhookWorld;
let receiver: Receiver;
let webhook: Webhook;

beforeAll(async () => {
  world = await openWebhookWorld();
  receiver = await world.receiver();
  webhook = await world.webhook(receiver, { types: ['formbus.submission.submitted.v2'] });
});

afterAll(() => world?.stop());

const ALL = { state: null, type: null, submission: null, limit: 50, cursor: null };
const listed = async (workspace?: string) =>
  (await world.rpc.call(listDeliveries, { caller: caller(workspace), webhook: webhook.id, ...ALL })).items;

describe('a webhook', () => {
  it('and its deliveries are nothing to other workspaces', async () => {
    const submission = await world.submit(FORM);
    const { id: delivery } = await eventually(async () => {
      const [found] = await listed();
      if (found?.state !== 'delivered') throw new Error('it is not in the log of deliveries');
      return found;
    });
    const stranger = { caller: caller('other'), webhook: webhook.id };
    const command = { ...stranger, expectVersion: null };
    const replay = { from: { position: '0' }, to: null, perSecond: 1, idempotencyKey: null } as const;
    const { rpc } = world;
    const refused = await Promise.allSettled([
      rpc.call(getWebhook, stranger),
      rpc.call(getWebhookSecret, stranger),
      rpc.call(rotateWebhookSecret, { ...command, idempotencyKey: null }),
      rpc.call(changeWebhook, { ...command, settings: { description: 'mine' } }),
      rpc.call(disableWebhook, command),
      rpc.call(enableWebhook, command),
      rpc.call(deleteWebhook, command),
      rpc.call(testWebhook, stranger),
      rpc.call(replayWebhook, { ...stranger, ...replay }),
      rpc.call(redeliver, { ...stranger, delivery }),
    ]);
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: { code: 'webhook_not_found' } });
    await expect(rpc.call(getDelivery, { ...stranger, delivery })).rejects.toMatchObject({
      code: expect.stringMatching(/^(webhook|delivery)_not_found$/),
    });
    await expect(listed('other')).rejects.toMatchObject({ code: 'webhook_not_found' });

    const { webhook: after } = await rpc.call(getWebhook, { caller: caller(), webhook: webhook.id });
    expect(after).toEqual(webhook);
    expect(await listed()).toMatchObject([{ event: { submission } }]);
    expect(receiver.received).toHaveLength(1);
  });
});

describe('a delivery', () => {
  it('to a webhook that was deleted can still be read', async () => {
    const { id } = await world.webhook(receiver, { types: ['formbus.submission.submitted.v2'] });
    const listOf = (state: 'failed' | null) =>
      world.rpc.call(listDeliveries, { caller: caller(), ...ALL, webhook: id, state });
    expect((await listOf(null)).items).toEqual([]);
    await world.submit(FORM);
    await eventually(async () => expect((await listOf(null)).items).toHaveLength(1));
    await world.rpc.call(deleteWebhook, { caller: caller(), webhook: id, expectVersion: null });
    expect((await listOf(null)).items).toHaveLength(1);
    expect((await listOf('failed')).items).toEqual([]);
  });

  it('whose event is from before a restore is shown without its body', async () => {
    const records = await openRecords(world.bus, { stream: 'DELIVERIES', source: '/formbus/spec' });
    const [time, delivery] = [new Date().toISOString(), `msg_${uuid()}`];
    const attempted = newEvent(deliveryAttemptedV1, {
      ...{
        delivery,
        channel: 'webhook',
        endpoint: webhook.id,
        cause: 'event',
        attempt: 1,
        state: 'delivered',
      },
      event: {
        ...{ id: uuid(), type: 'formbus.submission.submitted.v2', time, source: 'log' },
        ...{ position: 'another.1', form: FORM, submission: null },
      },
      ...{ startedAt: time, durationMs: 1, request: { url: webhook.url, headers: {}, bytes: 1 } },
      ...{ response: { status: 204, headers: {}, body: null }, error: null, nextAttemptAt: null },
    });
    const stamp = { id: uuid(), time, actor: 'service:notifier', correlation: uuid(), causation: uuid() };
    await records.record(subjects.delivery('acme', webhook.id, '_'), attempted, stamp);
    const found = await eventually(async () => {
      expect(await listed()).toContainEqual(expect.objectContaining({ id: delivery }));
      return world.rpc.call(getDelivery, { caller: caller(), webhook: webhook.id, delivery });
    });
    expect(found).toMatchObject({
      delivery: { id: delivery },
      attempts: [{ state: 'delivered' }],
      body: null,
    });
    await records.drain();
  });
});
