import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createForm, editDraft } from '#contracts/form/form.rpc';
import { changeWebhook } from '#contracts/webhook/webhook.rpc';
import { Inbox } from '#eventing/inbox';
import { caller } from '#services/forms/testing/world';
import { EventFinder } from '#services/notifier/delivery/event-finder';
import { eventually } from '#tools/testing/eventually';
import type { Received } from './receiver.ts';
import { openWebhookWorld, type NotifierInstance, type WebhookWorld } from './world.ts';

let world: WebhookWorld;

beforeAll(async () => {
  world = await openWebhookWorld();
});

afterAll(() => world?.stop());
afterEach(() => void jest.restoreAllMocks());

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

  it('that is to keep no order any more sends what it held back', async () => {
    const receiver = await world.receiver((response, _received, count) =>
      response.writeHead(count === 1 ? 500 : 204).end(),
    );
    const { id } = await world.webhook(receiver, { ordered: true, form: 'freed' });
    await edited('freed', 1, 4);
    await eventually(() => expect(versions(receiver.received)).toEqual([1]));
    const change = { caller: caller(), webhook: id, settings: { ordered: false }, expectVersion: null };
    await world.rpc.call(changeWebhook, change);
    await eventually(() => expect(new Set(versions(receiver.received))).toEqual(new Set([1, 2, 3, 4])));
    expect(versions(receiver.received).filter((version) => version === 1).length).toBeGreaterThan(1);
  });

  it('goes on when the log cannot be read in the middle of what it held back', async () => {
    const receiver = await world.receiver((response, _received, count) =>
      response.writeHead(count === 2 ? 500 : 204).end(),
    );
    await world.webhook(receiver, { ordered: true, form: 'torn' });
    await edited('torn', 1, 5);
    await eventually(() => expect(versions(receiver.received)).toEqual([1, 2]));
    const original = Inbox.prototype.collect;
    let failed = false;
    jest.spyOn(Inbox.prototype, 'collect').mockImplementation(function (this: Inbox, subject, ...rest) {
      if (!failed && subject === '$JS.API.DIRECT.GET.EVENTS' && receiver.received.length === 4) {
        failed = true;
        return Promise.reject(new Error('the connection was lost'));
      }
      return original.call(this, subject, ...rest);
    });
    await eventually(() => expect(versions(receiver.received)).toEqual([1, 2, 2, 3, 4, 5]));
    expect(failed).toBe(true);
  });

  it('makes a retry whose event could not be read at first', async () => {
    const receiver = await world.receiver((response, _received, count) =>
      response.writeHead(count === 1 ? 500 : 204).end(),
    );
    await world.webhook(receiver, { form: 'found' });
    const find = jest.spyOn(EventFinder.prototype, 'find');
    find.mockRejectedValueOnce(new Error('the connection was lost'));
    await edited('found', 1, 1);
    await eventually(() => expect(versions(receiver.received)).toEqual([1, 1]));
    expect(find.mock.calls.length).toBeGreaterThan(1);
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
