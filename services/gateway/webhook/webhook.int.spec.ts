import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { Problem } from '#contracts/errors';
import { defineTask } from '#contracts/task';
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
  listEventTypes,
  listWebhooks,
  redeliver,
  replayWebhook,
  rotateWebhookSecret,
  testWebhook,
  WEBHOOK_DEFAULTS,
  type Attempt,
  type Delivery,
  type Webhook,
  type WebhookSecret,
} from '#contracts/webhook/webhook.rpc';
import { openGatewayWorld, type GatewayWorld } from '../testing/world.ts';

const id = '0198a4b0-11a2-7e6f-8c1d-2b9a7f0c4d55';
const at = '2026-03-01T09:30:00.000Z';
const webhook: Webhook = {
  ...WEBHOOK_DEFAULTS,
  types: [],
  id,
  url: 'https://example.com/hook',
  state: 'enabled',
  disabled: null,
  failingSince: null,
  version: 3,
  createdAt: at,
  updatedAt: at,
};
const committed = { version: 3, position: 'e.12', replayed: false };
const secret: WebhookSecret = { secret: 'whsec_x', publicKey: 'whpk_x', previous: [] };
const live = { position: 'r.5', ageSeconds: 0, state: 'live' } as const;
const behind = { ...live, state: 'behind', ageSeconds: 3 } as const;
const delivery: Delivery = {
  id: 'msg_a',
  webhook: id,
  event: {
    id: 'e1',
    type: 'formbus.submission.submitted.v2',
    time: at,
    source: 'log',
    position: 'e.9',
    form: 'contact',
    submission: null,
  },
  state: 'retrying',
  attempts: 1,
  status: 500,
  error: { code: 'status', detail: 'answered 500' },
  createdAt: at,
  updatedAt: at,
  nextAttemptAt: at,
};
const attempt: Attempt = {
  cause: 'test',
  attempt: 1,
  state: 'delivered',
  startedAt: at,
  durationMs: 12,
  request: { url: webhook.url, headers: {}, bytes: 120 },
  response: { status: 204, headers: {}, body: null, bodyState: 'none' },
  error: null,
  nextAttemptAt: null,
};

let world: GatewayWorld;

beforeAll(async () => {
  world = await openGatewayWorld();
});

afterAll(() => world?.stop());

const url = `/v1/webhooks/${id}`;

describe('a webhook', () => {
  it('is created with what is said, and defaults for the rest', async () => {
    let asked: z.infer<typeof createWebhook.request> | undefined;
    world.answer(createWebhook, (request) => {
      asked = request;
      return { webhook, committed };
    });
    const response = await world.ask({
      method: 'POST',
      url: '/v1/webhooks',
      headers: { 'idempotency-key': 'k1' },
      payload: { url: webhook.url, payload: 'full' },
    });
    expect([response.statusCode, response.json()]).toEqual([201, webhook]);
    expect(response.headers).toMatchObject({ location: url, etag: '"3"', 'formbus-position': 'e.12' });
    expect(asked).toMatchObject({
      caller: { workspace: 'acme' },
      settings: { ...WEBHOOK_DEFAULTS, url: webhook.url, payload: 'full' },
      idempotencyKey: 'k1',
    });
  });

  it.each([
    [{}, '/url'],
    [{ url: 'ftp://example.com' }, '/url'],
    [{ url: webhook.url, types: ['formbus.made.up.v1'] }, '/types/0'],
    [{ url: webhook.url, payload: 'fat' }, '/payload'],
    [{ url: webhook.url, secret: 'mine' }, '/secret'],
  ])('is refused before anybody is asked: %j', async (payload, path) => {
    const response = await world.ask({ method: 'POST', url: '/v1/webhooks', payload });
    expect(response.json()).toMatchObject({ code: 'bad_request', errors: [{ path }] });
  });

  it('says why its address is refused, as the service does', async () => {
    world.answer(createWebhook, () => new Problem('webhook_target_refused', 'it is loopback'));
    const response = await world.ask({
      method: 'POST',
      url: '/v1/webhooks',
      payload: { url: 'https://127.0.0.1/' },
    });
    expect(response.json()).toMatchObject({ status: 422, code: 'webhook_target_refused' });
  });

  it('is read with its ETag, by its id in either case', async () => {
    world.answer(getWebhook, (request) =>
      request.webhook === id ? { webhook, position: 'e.14' } : new Problem('webhook_not_found'),
    );
    const response = await world.ask({ url: `/v1/webhooks/${id.toUpperCase()}` });
    expect([response.statusCode, response.json(), response.headers.etag]).toEqual([200, webhook, '"3"']);
    const other = id.replace('0', '1');
    expect((await world.ask({ url: `/v1/webhooks/${other}` })).json()).toMatchObject({
      code: 'webhook_not_found',
    });
  });

  it('is listed, with the position in the header alone', async () => {
    world.answer(listWebhooks, ({ state, limit, cursor }) =>
      state === 'disabled' && limit === 2 && cursor === 'c'
        ? { items: [webhook], next: 'd', position: 'e.14' }
        : new Problem('internal'),
    );
    const response = await world.ask({ url: '/v1/webhooks?state=disabled&limit=2&cursor=c' });
    expect(response.json()).toEqual({ items: [webhook], next: 'd' });
    expect(response.headers['formbus-position']).toBe('e.14');
  });

  it('is changed over the version that its owner has seen, in what is said alone', async () => {
    world.answer(changeWebhook, ({ settings, expectVersion }) =>
      expectVersion === 2 ? new Problem('stale') : { webhook: { ...webhook, ...settings }, committed },
    );
    const change = (headers: Record<string, string>) =>
      world.ask({ method: 'PATCH', url, headers, payload: { ordered: true } });
    expect((await change({})).json()).toMatchObject({ code: 'precondition_required' });
    expect((await change({ 'if-match': '"2"' })).json()).toMatchObject({ status: 412, code: 'stale' });
    expect((await change({ 'if-match': '"3"' })).json()).toEqual({ ...webhook, ordered: true });
    expect((await change({ 'if-match': '*' })).statusCode).toBe(200);
  });

  it('is disabled, enabled and deleted', async () => {
    const off = { ...webhook, state: 'disabled', disabled: { reason: 'operator', at } } as const;
    world.answer(disableWebhook, () => ({ webhook: off, committed }));
    world.answer(enableWebhook, () => ({ webhook, committed }));
    world.answer(deleteWebhook, () => ({ committed }));
    const disabled = await world.ask({ method: 'POST', url: `${url}/disable` });
    const enabled = await world.ask({ method: 'POST', url: `${url}/enable` });
    const deleted = await world.ask({ method: 'DELETE', url });
    expect([disabled.json().state, enabled.json().state]).toEqual(['disabled', 'enabled']);
    expect([deleted.statusCode, deleted.json()]).toEqual([200, { id, deleted: true }]);
    expect(deleted.headers.etag).toBeUndefined();
  });

  it('shows its secret to keys that may change it, and to no cache', async () => {
    world.answer(getWebhookSecret, () => secret);
    world.answer(rotateWebhookSecret, () => ({ secret, committed }));
    const shown = await world.ask({ url: `${url}/secret` });
    const rotated = await world.ask({ method: 'POST', url: `${url}/rotate-secret` });
    for (const response of [shown, rotated]) {
      expect([response.statusCode, response.json()]).toEqual([200, secret]);
      expect(response.headers['cache-control']).toBe('no-store');
    }
    const reader = await world.keyWith(['webhooks:read']);
    expect((await world.ask({ url: `${url}/secret`, key: reader })).statusCode).toBe(403);
  });

  describe('that gets answers', () => {
    const NAMED = { status: 403, code: 'forbidden', detail: expect.stringContaining('submissions:read') };
    const full = { ...webhook, payload: 'full' } as const;

    it('is made by keys that may read them alone', async () => {
      world.answer(createWebhook, () => ({ webhook: full, committed }));
      const create = (key: string, payload: string) =>
        world.ask({ method: 'POST', url: '/v1/webhooks', key, payload: { url: webhook.url, payload } });
      const author = await world.keyWith(['webhooks:write']);
      expect((await create(author, 'full')).json()).toMatchObject(NAMED);
      expect((await create(author, 'thin')).statusCode).toBe(201);
      const reader = await world.keyWith(['webhooks:write', 'submissions:read']);
      expect((await create(reader, 'full')).statusCode).toBe(201);
    });

    it.each([
      ['made full', webhook, { payload: 'full' }, '*', 403],
      ['sent elsewhere', full, { url: 'https://example.net/' }, '*', 403],
      ['sent elsewhere over a known version', full, { url: 'https://example.net/' }, '"3"', 403],
      ['made thin', full, { payload: 'thin', url: 'https://example.net/' }, '*', 200],
      ['sent elsewhere while it is thin', webhook, { url: 'https://example.net/' }, '*', 200],
    ] as const)('is %s by keys that may', async (_what, before, payload, ifMatch, status) => {
      let expected: number | null = null;
      world.answer(getWebhook, () => ({ webhook: before, position: 'e.14' }));
      world.answer(changeWebhook, ({ expectVersion }) => {
        expected = expectVersion;
        return { webhook, committed };
      });
      const change = (key: string) =>
        world.ask({ method: 'PATCH', url, key, headers: { 'if-match': ifMatch }, payload });
      const author = await world.keyWith(['webhooks:write']);
      const response = await change(author);
      expect(response.statusCode).toBe(status);
      if (status === 403) expect(response.json()).toMatchObject(NAMED);
      // It was thin in the version that was looked at, and in no other.
      else expect(expected).toBe('payload' in payload ? null : 3);
      expect((await change(world.owner)).statusCode).toBe(200);
    });
  });

  it('is tested on the spot', async () => {
    world.answer(testWebhook, () => ({ delivery: 'msg_t', attempt }));
    const response = await world.ask({ method: 'POST', url: `${url}/test` });
    expect([response.statusCode, response.json()]).toEqual([200, { delivery: 'msg_t', attempt }]);
  });
});

describe('a replay', () => {
  const replaying = defineTask({
    kind: 'spec-replay',
    tier: 'batch',
    summary: 'Stands for a replay.',
    payload: z.object({ workspace: z.string() }),
    tracked: true,
    timeoutMs: 1000,
    backoffMs: [],
    concurrency: 1,
  });
  const begin = async (): Promise<string> =>
    (await world.tasks.queue.enqueue(replaying, { payload: { workspace: 'acme' } })).id;
  const replay = (payload?: object, headers?: Record<string, string>) =>
    world.ask({
      method: 'POST',
      url: `${url}/replays`,
      ...(payload && { payload }),
      ...(headers && { headers }),
    });

  it('is answered with the task that does it, and where to follow it', async () => {
    const task = await begin();
    let asked: unknown;
    world.answer(replayWebhook, ({ caller: _caller, ...request }) => {
      asked = request;
      return { task, replayed: false };
    });
    const response = await replay();
    expect([response.statusCode, response.json()]).toEqual([
      202,
      expect.objectContaining({ id: task, state: 'queued', attempt: 0 }),
    ]);
    expect(response.headers).toMatchObject({ location: `/v1/tasks/${task}`, 'retry-after': '1' });
    expect(asked).toEqual({
      webhook: id,
      from: { position: '0' },
      to: null,
      perSecond: 50,
      idempotencyKey: null,
    });
  });

  it('is the same one for a repeat, which is told', async () => {
    const task = await begin();
    world.answer(replayWebhook, () => ({ task, replayed: true }));
    const response = await replay({}, { 'idempotency-key': 'again' });
    expect([response.statusCode, response.headers['idempotency-replayed']]).toEqual([202, 'true']);
  });

  it('of answers is for keys that may read them', async () => {
    const task = await begin();
    const author = await world.keyWith(['webhooks:write', 'tasks:read']);
    world.answer(replayWebhook, () => ({ task, replayed: false }));
    const replayAs = async (payload: 'thin' | 'full', key: string) => {
      world.answer(getWebhook, () => ({ webhook: { ...webhook, payload }, position: 'e.14' }));
      return world.ask({ method: 'POST', url: `${url}/replays`, key });
    };
    const refused = await replayAs('full', author);
    expect(refused.json()).toMatchObject({
      code: 'forbidden',
      detail: expect.stringContaining('submissions:read'),
    });
    expect((await replayAs('thin', author)).statusCode).toBe(202);
    expect((await replayAs('full', world.owner)).statusCode).toBe(202);
  });

  it('begins at an instant given with any offset', async () => {
    const task = await begin();
    let from: unknown;
    world.answer(replayWebhook, (request) => {
      from = request.from;
      return { task, replayed: false };
    });
    expect((await replay({ from: { time: '2026-03-01T01:00:00+01:00' } })).statusCode).toBe(202);
    expect(from).toEqual({ time: '2026-03-01T00:00:00.000Z' });
  });

  it.each([{ from: {} }, { from: { position: '0', time: at } }, { perSecond: 501 }, { to: '1' }])(
    'is refused: %j',
    async (payload) => {
      expect((await replay(payload)).json()).toMatchObject({ code: 'bad_request' });
    },
  );

  it('says from where it can go', async () => {
    const message = 'Must be { position } or { time }; leave it out for the start of the log.';
    for (const from of ['start', {}, 7])
      expect((await replay({ from })).json()).toMatchObject({ errors: [{ path: '/from', message }] });
  });
});

describe('deliveries', () => {
  const deliveries = `${url}/deliveries`;

  it('are listed by what is asked for, without a position of the log', async () => {
    let asked: unknown;
    world.answer(listDeliveries, ({ caller: _caller, ...request }) => {
      asked = request;
      return { items: [delivery], next: null, readModel: behind };
    });
    const submission = '0198A4C2-7D0E-7C53-9A41-5D2F6F3B8A10';
    const response = await world.ask({
      url: `${deliveries}?state=failed&type=formbus.form.retired.v1&submission=${submission}&limit=1`,
    });
    expect(response.json()).toMatchObject({ items: [delivery], next: null });
    expect(response.headers).toMatchObject({ 'formbus-age': '3.0', 'formbus-read-model': 'behind' });
    expect(response.headers['formbus-position']).toBeUndefined();
    expect(asked).toEqual({
      webhook: id,
      state: 'failed',
      type: 'formbus.form.retired.v1',
      submission: submission.toLowerCase(),
      limit: 1,
      cursor: null,
    });
  });

  it('are read one at a time with their attempts', async () => {
    world.answer(getDelivery, () => ({ delivery, attempts: [attempt], body: '{}', readModel: live }));
    const response = await world.ask({ url: `${deliveries}/msg_a` });
    expect(response.json()).toMatchObject({ delivery, attempts: [attempt], body: '{}' });
    expect((await world.ask({ url: `${deliveries}/a` })).json()).toMatchObject({ code: 'bad_request' });
  });

  it('show no bodies to keys that may not read answers', async () => {
    const failed: Attempt = {
      ...attempt,
      response: { status: 500, headers: {}, body: 'Ada', bodyState: 'shown' },
    };
    const found = { delivery, attempts: [failed, attempt, { ...attempt, response: null }], readModel: live };
    world.answer(getDelivery, () => ({ ...found, body: '{"answers":{"name":"Ada"}}' }));
    const read = async (key: string): Promise<unknown> =>
      (await world.ask({ url: `${deliveries}/msg_a`, key })).json();
    const hidden = {
      body: null,
      attempts: [
        { response: { status: 500, body: null, bodyState: 'hidden' } },
        { response: { status: 204, body: null, bodyState: 'none' } },
        { response: null },
      ],
    };
    expect(await read(await world.keyWith(['webhooks:read']))).toMatchObject(hidden);
    const reader = await world.keyWith(['webhooks:read', 'submissions:read']);
    expect(await read(reader)).toMatchObject({
      body: '{"answers":{"name":"Ada"}}',
      attempts: [failed, attempt, {}],
    });
  });

  it('are sent once more on request, and followed where they lie', async () => {
    world.answer(redeliver, () => ({ delivery: 'msg_a' }));
    const response = await world.ask({ method: 'POST', url: `${deliveries}/msg_a/redeliver` });
    expect([response.statusCode, response.json()]).toEqual([202, { delivery: 'msg_a' }]);
    expect(response.headers.location).toBe(`${deliveries}/msg_a`);
  });
});

describe('the types of events', () => {
  it('are listed', async () => {
    const items = [{ type: 'formbus.form.retired.v1', summary: 'It is retired.', replayable: true }];
    world.answer(listEventTypes, () => ({ items }));
    expect((await world.ask({ url: '/v1/event-types' })).json()).toEqual({ items });
  });
});
