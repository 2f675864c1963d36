import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { getDelivery, getWebhookSecret, listDeliveries, testWebhook } from '#contracts/webhook/webhook.rpc';
import { caller } from '#services/forms/testing/world';
import { eventually } from '#tools/testing/eventually';
import { FORM, openWebhookWorld, type WebhookWorld } from './world.ts';

let world: WebhookWorld;

beforeAll(async () => {
  world = await openWebhookWorld({ totalMs: 15_000 });
});

afterAll(() => world?.stop());

describe('a webhook', () => {
  it('is POSTed what happens, signed so that any Standard Webhooks library can tell', async () => {
    const receiver = await world.receiver();
    const webhook = await world.webhook(receiver, { payload: 'full', form: FORM });
    const submission = await world.submit(FORM, { city: 'Oslo', passport: 'secret' });

    const received = await eventually(() => {
      expect(receiver.received).toHaveLength(1);
      return receiver.received[0]!;
    });
    expect(received.data).toMatchObject({
      workspace: 'acme',
      form: FORM,
      submission,
      version: 1,
      content: { answers: { city: 'Oslo' } },
    });
    expect(received.body).not.toContain('secret');
    const { secret } = await world.rpc.call(getWebhookSecret, { caller: caller(), webhook: webhook.id });
    new StandardWebhook(secret).verify(received.body, received.headers as Record<string, string>);
  });

  it('has a log of its deliveries', async () => {
    const receiver = await world.receiver();
    const { id } = await world.webhook(receiver);
    const submission = await world.submit(FORM);
    const list = { webhook: id, state: null, type: null, submission, limit: 10, cursor: null };
    const delivery = await eventually(async () => {
      const { items } = await world.rpc.call(listDeliveries, { caller: caller(), ...list });
      expect(items).toMatchObject([{ state: 'delivered', attempts: 1, status: 204, event: { submission } }]);
      return items[0]!;
    });
    const shown = await world.rpc.call(getDelivery, { caller: caller(), webhook: id, delivery: delivery.id });
    expect(shown.attempts).toMatchObject([{ cause: 'event', attempt: 1, state: 'delivered' }]);
    expect(shown.body).toBe(receiver.received[0]?.body);
    expect(delivery.id).toBe(receiver.received[0]?.id);
  });

  it('that takes too long for a test has failed it', async () => {
    const receiver = await world.receiver(() => undefined);
    const { id } = await world.webhook(receiver);
    const { attempt } = await world.rpc.call(testWebhook, { caller: caller(), webhook: id });
    expect(attempt).toMatchObject({ state: 'failed', error: { code: 'timeout' }, response: null });
  });
});
