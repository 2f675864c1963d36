import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConsumerInfo } from '@nats-io/jetstream';
import type { z } from 'zod';
import { open } from '#contracts/custody/custody.rpc';
import {
  changeWebhook,
  createWebhook,
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
  WEBHOOK_DEFAULTS,
} from '#contracts/webhook/webhook.rpc';
import { durablesOf } from '#eventing/durable';
import { jetStream } from '#eventing/jetstream-api';
import { openTasks, type Tasks } from '#eventing/task/open';
import { verifyWebhook } from '#security/webhook-signature';
import { caller } from '#services/forms/testing/world';
import { durableOf } from '#services/notifier/delivery/endpoint';
import { Retries, RETRY_STREAM } from '#services/notifier/delivery/retries';
import { eventually } from '#tools/testing/eventually';
import { answering, type Received } from './receiver.ts';
import { FORM, openWebhookWorld, type WebhookWorld } from './world.ts';

let world: WebhookWorld;
let tasks: Tasks;

beforeAll(async () => {
  world = await openWebhookWorld({ totalMs: 1_500 });
  tasks = openTasks(world.bus, { source: '/formbus/spec' });
});

afterAll(() => world?.stop());

const types = ['formbus.submission.submitted.v2'];

type List = z.infer<typeof listDeliveries.request>;
async function deliveries(webhook: string, more: Partial<List> = {}) {
  const list = { webhook, state: null, type: null, submission: null, limit: 50, cursor: null, ...more };
  return (await world.rpc.call(listDeliveries, { caller: caller(), ...list })).items;
}

/** The one delivery of a submission, with its attempts. */
async function delivery(webhook: string, submission: string) {
  const [found] = await deliveries(webhook, { submission });
  if (found === undefined) throw new Error('it is not in the log of deliveries');
  return world.rpc.call(getDelivery, { caller: caller(), webhook, delivery: found.id });
}

/** Retries and redeliveries that are due and not over. */
async function inHand(webhook: string): Promise<number> {
  const consumer = `${RETRY_STREAM}.${durableOf(webhook)}`;
  const info = await jetStream<ConsumerInfo>(world.bus, `CONSUMER.INFO.${consumer}`);
  return info.num_pending + info.num_ack_pending;
}

const refusal = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'nothing was refused',
    (error: { code: string }) => error.code,
  );

describe('an attempt that fails', () => {
  it('is made again after five seconds, with the same id and another timestamp', async () => {
    const receiver = await world.receiver((response, _received, count) =>
      response.writeHead(count === 1 ? 500 : 204).end('out of order'),
    );
    const { id } = await world.webhook(receiver, { types });
    const submission = await world.submit(FORM);
    await eventually(async () => {
      expect((await delivery(id, submission)).attempts).toMatchObject([
        {
          ...{ attempt: 1, cause: 'event', state: 'retrying', error: { code: 'status' } },
          response: { status: 500, body: 'out of order', bodyState: 'shown' },
        },
        {
          ...{ attempt: 2, cause: 'retry', state: 'delivered' },
          response: { status: 204, body: null, bodyState: 'none' },
        },
      ]);
    });
    const [first, second] = receiver.received;
    expect(second!.id).toBe(first!.id);
    expect(second!.body).toBe(first!.body);
    expect(second!.at - first!.at).toBeGreaterThan(4_900);
    expect(second!.headers['webhook-timestamp']).not.toBe(first!.headers['webhook-timestamp']);
  });

  it.each([
    ['a redirect, which is not followed', answering(302, { location: 'http://127.0.0.1:1/' }), 'status'],
    ['a refusal', answering(404), 'status'],
    ['an answer that does not come', () => undefined, 'timeout'],
    ['a connection that breaks', (response: { destroy(): void }) => response.destroy(), 'und_err_socket'],
  ] as const)('waits for its next time: %s', async (_what, answer, code) => {
    const receiver = await world.receiver(answer);
    const { id } = await world.webhook(receiver, { types });
    const submission = await world.submit(FORM);
    const { delivery: shown } = await eventually(() => delivery(id, submission));
    expect(shown).toMatchObject({ state: 'retrying', error: { code }, attempts: 1 });
    expect(shown.nextAttemptAt).not.toBeNull();
  });

  it('has failed or not by its status, however slow the rest of the answer is', async () => {
    const receiver = await world.receiver((response, _received, count) =>
      response.writeHead(count === 1 ? 500 : 200).write('out of or'),
    );
    const { id } = await world.webhook(receiver, { types });
    const submission = await world.submit(FORM);
    await eventually(async () => {
      const { attempts } = await delivery(id, submission);
      expect(attempts).toMatchObject([
        { state: 'retrying', error: { code: 'status' }, response: { status: 500, body: 'out of or' } },
        { state: 'delivered', error: null, response: { status: 200, body: null } },
      ]);
    });
  });

  it('waits for as long as the endpoint asks, and everything else for it waits as well', async () => {
    const receiver = await world.receiver((response, _received, count) =>
      count === 1 ? response.writeHead(429, { 'retry-after': '7' }).end() : response.writeHead(204).end(),
    );
    const { id } = await world.webhook(receiver, { types });
    const first = await world.submit(FORM);
    await eventually(() => expect(receiver.received).toHaveLength(1));
    const second = await world.submit(FORM);
    await eventually(() => expect(new Set(receiver.submissions)).toEqual(new Set([first, second])));
    await eventually(async () => expect((await delivery(id, first)).delivery.state).toBe('delivered'));
    const [asked, ...later] = receiver.received;
    for (const { at } of later) expect(at - asked!.at).toBeGreaterThan(6_900);
  });

  it('is made again only as long as the endpoint wants such events', async () => {
    const receiver = await world.receiver(answering(500));
    const { id } = await world.webhook(receiver, { types });
    const submission = await world.submit(FORM);
    await eventually(async () => {
      expect((await delivery(id, submission)).delivery.state).toBe('retrying');
    });
    const settings = { types: ['formbus.webhook.disabled.v1'] };
    await world.rpc.call(changeWebhook, { caller: caller(), webhook: id, settings, expectVersion: null });
    await eventually(async () => {
      const { delivery: shown } = await delivery(id, submission);
      expect(shown).toMatchObject({ state: 'failed', error: { code: 'unsubscribed' } });
    });
    expect(receiver.received).toHaveLength(1);
  });

  it('by 410 disables the endpoint, until it is enabled again', async () => {
    const receiver = await world.receiver(answering(410));
    const witness = await world.receiver();
    await world.webhook(witness, { types: ['formbus.webhook.disabled.v1'], payload: 'full' });
    const { id } = await world.webhook(receiver, { types });
    const submission = await world.submit(FORM);
    await eventually(async () => {
      const { webhook } = await world.rpc.call(getWebhook, { caller: caller(), webhook: id });
      expect(webhook).toMatchObject({ state: 'disabled', disabled: { reason: 'gone' } });
    });
    await eventually(() => {
      expect(witness.received).toMatchObject([{ data: { webhook: id, content: { reason: 'gone' } } }]);
    });
    const held = await world.submit(FORM);
    receiver.answer = answering(204);
    await world.rpc.call(enableWebhook, { caller: caller(), webhook: id, expectVersion: null });
    await eventually(() => expect(receiver.submissions).toEqual(expect.arrayContaining([submission, held])));
    await eventually(async () => expect((await delivery(id, submission)).delivery.state).toBe('delivered'));
  });
});

describe('endpoints', () => {
  it('that are slow or dead delay no other', async () => {
    const slow = await world.receiver((response) => {
      setTimeout(() => response.writeHead(204).end(), 1_000);
    });
    const dead = await world.receiver(() => undefined);
    const healthy = await world.receiver();
    await world.webhook(slow, { types });
    await world.webhook(dead, { types });
    await world.webhook(healthy, { types });
    const submitted = await Promise.all(Array.from({ length: 60 }, () => world.submit(FORM)));
    await eventually(() => expect(new Set(healthy.submissions)).toEqual(new Set(submitted)));
    await eventually(() => expect(new Set(slow.submissions)).toEqual(new Set(submitted)));
  });

  it('that are disabled get what happened meanwhile when they are enabled', async () => {
    const receiver = await world.receiver();
    const { id } = await world.webhook(receiver, { types });
    const before = await world.submit(FORM);
    await eventually(() => expect(receiver.submissions).toEqual([before]));
    await world.rpc.call(disableWebhook, { caller: caller(), webhook: id, expectVersion: null });
    const meanwhile = await world.submit(FORM);
    await world.rpc.call(enableWebhook, { caller: caller(), webhook: id, expectVersion: null });
    await eventually(() => expect(receiver.submissions).toContain(meanwhile));
    expect(receiver.submissions.filter((one) => one === meanwhile)).toHaveLength(1);
  });

  it('that are deleted leave nothing behind', async () => {
    const receiver = await world.receiver(answering(500));
    const { id } = await world.webhook(receiver, { types });
    await world.submit(FORM);
    await eventually(async () => expect(await deliveries(id)).toHaveLength(1));
    await world.rpc.call(deleteWebhook, { caller: caller(), webhook: id, expectVersion: null });
    await eventually(async () => {
      for (const stream of ['EVENTS', 'TASKS_HIGH'])
        expect(await durablesOf(world.bus, stream, `webhook-${id}`)).toEqual([]);
    });
    const gone = world.rpc.call(getWebhook, { caller: caller(), webhook: id });
    expect(await refusal(gone)).toBe('webhook_not_found');
  });

  it('are of one workspace', async () => {
    const { id } = await world.webhook(await world.receiver(), { types });
    const other = world.rpc.call(getWebhook, { caller: caller('other'), webhook: id });
    expect(await refusal(other)).toBe('webhook_not_found');
  });

  it('must not lie where the operator does not allow it', async () => {
    for (const url of ['http://10.0.0.1/', 'https://169.254.169.254/latest', 'http://example.com:0/']) {
      const settings = { ...WEBHOOK_DEFAULTS, url };
      const create = world.rpc.call(createWebhook, { caller: caller(), settings, idempotencyKey: null });
      expect(await refusal(create)).toBe('webhook_target_refused');
    }
  });

  it('are created once for one idempotency key', async () => {
    const settings = { ...WEBHOOK_DEFAULTS, url: (await world.receiver()).url, types };
    const create = { settings, idempotencyKey: 'once' };
    const first = await world.rpc.call(createWebhook, { caller: caller(), ...create });
    const again = await world.rpc.call(createWebhook, { caller: caller(), ...create });
    expect(again).toEqual({ ...first, committed: { ...first.committed, replayed: true } });
    const other = { ...create, settings: { ...settings, ordered: true } };
    expect(await refusal(world.rpc.call(createWebhook, { caller: caller(), ...other }))).toBe(
      'idempotency_key_reused',
    );
  });

  it('keep their contact secret, and show it to their owner', async () => {
    const contact = 'ops@example.com';
    const { id, ...shown } = await world.webhook(await world.receiver(), { types, contact });
    expect(shown.contact).toBe(contact);
    const [created] = await world.log.read(`evt.acme.webhook.${id}`);
    const stored = (created!.data as { contact: string }).contact;
    expect(JSON.stringify(created)).not.toContain(contact);
    const place = { workspace: 'acme', owner: null, purpose: `webhook.${id}.contact`, sealed: stored };
    expect(await world.rpc.call(open, place)).toEqual({ plaintext: contact });
    const change = { caller: caller(), webhook: id, settings: { contact, ordered: true }, expectVersion: 1 };
    const { webhook } = await world.rpc.call(changeWebhook, change);
    expect(webhook).toMatchObject({ contact, ordered: true, version: 2 });
  });
});

describe('signatures', () => {
  const signedWith = (
    { headers, body, id }: Received,
    keys: { secret: string; publicKey: string },
  ): boolean[] =>
    [{ secrets: [keys.secret] }, { publicKeys: [keys.publicKey] }].map((verifying) => {
      const content = { id, timestamp: Number(headers['webhook-timestamp']), body };
      const header = String(headers['webhook-signature']);
      return verifyWebhook(content, header, verifying, { now: Date.now(), seconds: 60 });
    });

  it('are made with the old keys as well for a day after a rotation', async () => {
    const receiver = await world.receiver();
    const { id } = await world.webhook(receiver, { types });
    const before = await world.rpc.call(getWebhookSecret, { caller: caller(), webhook: id });
    const rotate = { webhook: id, expectVersion: null, idempotencyKey: 'rotate' };
    const { secret } = await world.rpc.call(rotateWebhookSecret, { caller: caller(), ...rotate });
    const again = await world.rpc.call(rotateWebhookSecret, { caller: caller(), ...rotate });
    expect(again.secret).toEqual(secret);
    expect(secret.secret).not.toBe(before.secret);
    expect(secret.previous).toMatchObject([{ secret: before.secret, publicKey: before.publicKey }]);
    await eventually(async () => {
      await world.submit(FORM);
      expect(signedWith(receiver.received.at(-1)!, secret)).toEqual([true, true]);
    });
    expect(signedWith(receiver.received.at(-1)!, before)).toEqual([true, true]);
  });
});

describe('by hand', () => {
  it('an endpoint is tested at once, whatever its state', async () => {
    const receiver = await world.receiver(answering(503, {}, 'not yet'));
    const { id } = await world.webhook(receiver, { types });
    await world.rpc.call(disableWebhook, { caller: caller(), webhook: id, expectVersion: null });
    const { attempt } = await world.rpc.call(testWebhook, { caller: caller(), webhook: id });
    expect(attempt).toMatchObject({
      ...{ cause: 'test', state: 'failed', nextAttemptAt: null },
      response: { status: 503, body: 'not yet' },
    });
    expect(receiver.received).toMatchObject([{ type: 'formbus.webhook.test.v1', data: { webhook: id } }]);
  });

  it.each([
    { by: 'redelivery', ordered: false, left: 0 },
    { by: 'replay', ordered: false, left: 0 },
    // Its lane goes on with it.
    { by: 'redelivery', ordered: true, left: 1 },
  ])('what was delivered leaves $left retries: $by, ordered $ordered', async ({ by, ordered, left }) => {
    const receiver = await world.receiver(answering(500));
    const { id } = await world.webhook(receiver, { types, ordered });
    const submission = await world.submit(FORM);
    const { delivery: first } = await eventually(async () => {
      const found = await delivery(id, submission);
      // The next retry is minutes away.
      expect(found.attempts).toHaveLength(2);
      return found;
    });
    receiver.answer = answering(204);
    let replayed: string | undefined;
    if (by === 'redelivery')
      await world.rpc.call(redeliver, { caller: caller(), webhook: id, delivery: first.id });
    else {
      const { position = '' } = receiver.received[0]!.data;
      const stretch = {
        from: { position: '0' },
        to: position,
        perSecond: 500,
        idempotencyKey: null,
      } as const;
      replayed = (await world.rpc.call(replayWebhook, { caller: caller(), webhook: id, ...stretch })).task;
    }
    await eventually(async () => {
      expect((await delivery(id, submission)).attempts.at(-1)).toMatchObject({
        cause: by,
        state: 'delivered',
      });
    });
    // Whatever is done about its retry is done before it is over.
    await eventually(async () => {
      if (replayed !== undefined)
        expect((await tasks.tracking.read('acme', replayed))?.snapshot.state).toBe('succeeded');
      expect(await inHand(id)).toBe(0);
    });
    expect(await new Retries(world.bus).waiting(id)).toHaveLength(left);
  });

  it('a delivery is made once more, with its id', async () => {
    const receiver = await world.receiver();
    const { id } = await world.webhook(receiver, { types });
    const submission = await world.submit(FORM);
    const { delivery: first } = await eventually(() => delivery(id, submission));
    await world.rpc.call(redeliver, { caller: caller(), webhook: id, delivery: first.id });
    await eventually(() => expect(receiver.received.map(({ id: one }) => one)).toEqual([first.id, first.id]));
    await eventually(async () => {
      const { attempts } = await delivery(id, submission);
      expect(attempts.map(({ cause }) => cause)).toEqual(['event', 'redelivery']);
    });
  });
});
