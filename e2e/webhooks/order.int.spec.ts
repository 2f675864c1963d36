import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createForm, editDraft } from '#contracts/form/form.rpc';
import { caller } from '#services/forms/testing/world';
import { eventually } from '#tools/testing/eventually';
import type { Received } from './receiver.ts';
import { openWebhookWorld, type NotifierInstance, type WebhookWorld } from './world.ts';

let world: WebhookWorld;

beforeAll(async () => {
  world = await openWebhookWorld();
});

afterAll(() => world?.stop());

const definition = (title: string) => ({ title, pages: [{ fields: [{ type: 'text', name: 'a' }] }] });

/** A form with as many events as `versions`: forms have long lives, and an order of their own as submissions have. */
async function edited(form: string, from: number, versions: number): Promise<void> {
  for (let n = from; n <= versions; n++) {
    const sent = { caller: caller(), form, definition: definition(`Title ${n}`) };
    if (n === 1) await world.rpc.call(createForm, { ...sent, idempotencyKey: null });
    else await world.rpc.call(editDraft, { ...sent, expectVersion: null });
  }
}

const versions = (received: readonly Received[]): number[] => received.map(({ data }) => data.version);

describe('an ordered endpoint', () => {
  it('sends later events of the same thing after the retry of an earlier one, and others at once', async () => {
    const receiver = await world.receiver((response, { data }) => {
      const isFirst = receiver.received.filter(({ data: { id } }) => id === data.id).length === 1;
      response.writeHead(data.version === 2 && isFirst ? 500 : 204).end();
    });
    await world.webhook(receiver, { ordered: true, form: 'held' });
    await edited('held', 1, 4);
    await eventually(() => expect(versions(receiver.received)).toEqual([1, 2, 2, 3, 4]));
    await edited('held', 5, 5);
    await eventually(() => expect(versions(receiver.received)).toEqual([1, 2, 2, 3, 4, 5]));
  });

  it('keeps the order when the process that delivers is another one by the time of the retry', async () => {
    const receiver = await world.receiver((response, { data }, count) =>
      response.writeHead(data.version === 2 && count <= 2 ? 500 : 204).end(),
    );
    await world.webhook(receiver, { ordered: true, form: 'moved' });
    await edited('moved', 1, 3);
    await eventually(() => expect(versions(receiver.received)).toEqual([1, 2]));
    const next: NotifierInstance = await world.startNotifier();
    await world.first.stop();
    await edited('moved', 4, 5);
    await eventually(() => expect(versions(receiver.received)).toEqual([1, 2, 2, 3, 4, 5]));
    await next.stop();
  });
});
