import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuid } from 'uuid';
import { SCOPES, type Scope } from '#contracts/access/scopes';
import { ERRORS } from '#contracts/errors';
import { subjects } from '#contracts/subjects';
import type { EventLog } from '#eventing/event-log';
import type { Executor } from '#eventing/executor';
import { issueApiKey } from '#security/api-key';
import { bootstrap } from './access/bootstrap.ts';
import { keyDecider } from './access/key.decider.ts';
import { routesOf, type DeclaredRoute } from './http/require-scopes.ts';
import { openGatewayWorld, type GatewayWorld } from './testing/world.ts';

const BODY_LIMIT = 4096;
let world: GatewayWorld;
let log: EventLog;
let executor: Executor;
let app: NestFastifyApplication;
let asOwner: { authorization: string };
let routes: DeclaredRoute[];

beforeAll(async () => {
  world = await openGatewayWorld({ bodyLimit: BODY_LIMIT });
  ({ log, executor, app } = world);
  asOwner = bearer(world.owner);
  routes = routesOf(app);
});

afterAll(() => world?.stop());

const bearer = (key: string): { authorization: string } => ({ authorization: `Bearer ${key}` });
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

async function createKey(
  scopes: Scope[],
  expiresAt: string | null = null,
): Promise<{ id: string; key: string }> {
  const response = await app.inject({
    method: 'POST',
    url: '/v1/keys',
    headers: asOwner,
    payload: { name: 'spec', scopes, expiresAt },
  });
  expect(response.statusCode).toBe(201);
  return response.json();
}

const concrete = (path: string): string => path.replaceAll(/:\w+/g, '1');

describe('without a key', () => {
  it.each([
    ['broken JSON', 'application/json', '{"'],
    ['JSON that is nested too deep', 'application/json', '['.repeat(200) + ']'.repeat(200)],
    ['a body that is too large', 'application/json', JSON.stringify('x'.repeat(2 * BODY_LIMIT))],
    ['another type', 'text/csv', 'a,b'],
  ])('nothing is read: %s', async (_what, type, payload) => {
    const response = await app.inject({
      method: 'POST',
      url: '/v1/forms',
      headers: { 'content-type': type, accept: 'text/csv' },
      payload,
    });
    expect(response.statusCode).toBe(401);
  });
});

describe('every route', () => {
  it('is one of these', () => {
    expect(routes.map(({ method, path, scope }) => `${method} ${path} ${scope}`).sort()).toEqual([
      'DELETE /v1/keys/:key keys:write',
      'DELETE /v1/mail-templates/:template mail:write',
      'DELETE /v1/webhooks/:webhook webhooks:write',
      'GET /v1/event-types webhooks:read',
      'GET /v1/forms forms:read',
      'GET /v1/forms/:form forms:read',
      'GET /v1/forms/:form/submissions submissions:read',
      'GET /v1/forms/:form/submissions/:submission submissions:read',
      'GET /v1/forms/:form/submissions/:submission/history submissions:read',
      'GET /v1/forms/:form/versions/:number forms:read',
      'GET /v1/forms/:form/versions/:number/schema forms:read',
      'GET /v1/keys keys:read',
      'GET /v1/keys/:key keys:read',
      'GET /v1/mail-templates mail:read',
      'GET /v1/mail-templates/:template mail:read',
      'GET /v1/operations/dead-letters operations:read',
      'GET /v1/operations/dead-letters/:letter operations:read',
      'GET /v1/operations/status operations:read',
      'GET /v1/operations/streams operations:read',
      'GET /v1/operations/task-kinds operations:read',
      'GET /v1/tasks tasks:read',
      'GET /v1/tasks/:task tasks:read',
      'GET /v1/webhooks webhooks:read',
      'GET /v1/webhooks/:webhook webhooks:read',
      'GET /v1/webhooks/:webhook/deliveries webhooks:read',
      'GET /v1/webhooks/:webhook/deliveries/:delivery webhooks:read',
      'GET /v1/webhooks/:webhook/secret webhooks:write',
      'GET /v1/workspace workspace:read',
      'PATCH /v1/webhooks/:webhook webhooks:write',
      'POST /v1/forms forms:write',
      'POST /v1/forms/:form/retire forms:write',
      'POST /v1/forms/:form/submissions submissions:write',
      'POST /v1/forms/:form/versions forms:write',
      'POST /v1/forms/:form/versions/:number/retire forms:write',
      'POST /v1/keys keys:write',
      'POST /v1/mail-templates/preview mail:read',
      'POST /v1/mail-templates/test mail:write',
      'POST /v1/operations/dead-letters/:letter/discard operations:write',
      'POST /v1/operations/dead-letters/:letter/retry operations:write',
      'POST /v1/operations/dead-letters/discard operations:write',
      'POST /v1/operations/dead-letters/retry operations:write',
      'POST /v1/operations/projections/:projection/rebuild operations:write',
      'POST /v1/operations/projections/:projection/verify operations:write',
      'POST /v1/operations/task-kinds/:kind/pause operations:write',
      'POST /v1/operations/task-kinds/:kind/resume operations:write',
      'POST /v1/tasks/:task/cancel tasks:write',
      'POST /v1/webhooks webhooks:write',
      'POST /v1/webhooks/:webhook/deliveries/:delivery/redeliver webhooks:write',
      'POST /v1/webhooks/:webhook/disable webhooks:write',
      'POST /v1/webhooks/:webhook/enable webhooks:write',
      'POST /v1/webhooks/:webhook/replays webhooks:write',
      'POST /v1/webhooks/:webhook/rotate-secret webhooks:write',
      'POST /v1/webhooks/:webhook/test webhooks:write',
      'PUT /v1/forms/:form/draft forms:write',
      'PUT /v1/mail-templates mail:write',
    ]);
  });

  it('refuses a request without a key, with a bad one, and with one that was made up', async () => {
    const attempts = [
      {},
      { authorization: 'Basic Zm9vOmJhcg==' },
      bearer('fb_nonsense'),
      bearer(issueApiKey().key),
    ];
    for (const { method, path } of routes) {
      for (const headers of attempts) {
        const response = await app.inject({ method: method as Method, url: concrete(path), headers });
        expect([method, path, response.statusCode, response.json().code]).toEqual([
          method,
          path,
          401,
          'unauthenticated',
        ]);
        expect(response.headers['www-authenticate']).toContain('Bearer');
      }
    }
  });

  it('refuses a key without its scope', async () => {
    for (const { method, path, scope } of routes) {
      const { key } = await createKey(SCOPES.filter((one) => one !== scope));
      const response = await app.inject({
        method: method as Method,
        url: concrete(path),
        headers: bearer(key),
      });
      expect([method, path, response.statusCode]).toEqual([method, path, 403]);
      expect(response.json()).toMatchObject({
        code: 'forbidden',
        detail: expect.stringContaining(scope ?? '?'),
      });
    }
  });
});

describe('the operations of the installation', () => {
  it('are refused to keys of other workspaces, whatever their scopes', async () => {
    const foreign = issueApiKey();
    await bootstrap(executor, 'tenant', foreign.key);
    const operations = routes.filter(({ scope }) => scope?.startsWith('operations:'));
    expect(operations.length).toBeGreaterThan(10);
    for (const { method, path } of operations) {
      const url = concrete(path);
      const response = await app.inject({ method: method as Method, url, headers: bearer(foreign.key) });
      expect([path, response.statusCode, response.json().detail]).toEqual([
        path,
        403,
        expect.stringContaining("this installation's operator"),
      ]);
    }
  });
});

describe('API keys', () => {
  it('are listed at once', async () => {
    for (let i = 0; i < 20; i++) {
      const { id } = await createKey(['workspace:read']);
      const { items } = (await app.inject({ url: '/v1/keys', headers: asOwner })).json<{
        items: { id: string }[];
      }>();
      expect(items.map((item) => item.id)).toContain(id);
    }
  });

  it('work at once, are listed without their secret, and end when they are revoked', async () => {
    const { id, key } = await createKey(['workspace:read']);
    const whoami = await app.inject({ url: '/v1/workspace', headers: bearer(key) });
    expect(whoami.json()).toMatchObject({ id: 'acme', key: { id, scopes: ['workspace:read'] } });

    const listed = await app.inject({ url: '/v1/keys', headers: asOwner });
    expect(listed.json<{ items: { id: string }[] }>().items.map((item) => item.id)).toContain(id);
    expect(listed.body).not.toContain(key.slice(12));

    const revoked = await app.inject({ method: 'DELETE', url: `/v1/keys/${id}`, headers: asOwner });
    expect(revoked.statusCode).toBe(200);
    expect((await app.inject({ url: '/v1/workspace', headers: bearer(key) })).statusCode).toBe(401);
  });

  it('end when they expire', async () => {
    const { key, id, hash } = issueApiKey();
    await executor.execute({
      subject: subjects.access('acme', id),
      decider: keyDecider,
      command: {
        kind: 'create',
        key: id,
        name: 'spec',
        hash,
        scopes: ['workspace:read'],
        expiresAt: '2020-01-01T00:00:00.000Z',
      },
      meta: { commandId: uuid(), time: '2019-01-01T00:00:00.000Z', actor: 'spec', correlation: 'spec' },
    });
    const response = await app.inject({ url: '/v1/workspace', headers: bearer(key) });
    expect(response.json()).toMatchObject({ status: 401, detail: 'the key has expired' });
  });

  it('are read one at a time, where their Location says', async () => {
    const made = await app.inject({
      method: 'POST',
      url: '/v1/keys',
      headers: asOwner,
      payload: { name: 'one', scopes: ['forms:read'] },
    });
    const { key: _secret, ...shown } = made.json<{ key: string }>();
    const read = await app.inject({ url: String(made.headers.location), headers: asOwner });
    expect([read.statusCode, read.json(), read.headers.etag]).toEqual([200, shown, made.headers.etag]);
    const missing = await app.inject({ url: '/v1/keys/zzzzzzzz', headers: asOwner });
    expect(missing.json()).toMatchObject({ code: 'key_not_found' });
  });

  it('are made once for an Idempotency-Key; a repeat is told which it was', async () => {
    const create = (idempotencyKey: string): ReturnType<typeof app.inject> =>
      app.inject({
        method: 'POST',
        url: '/v1/keys',
        headers: { ...asOwner, 'idempotency-key': idempotencyKey },
        payload: { name: 'once', scopes: ['forms:read'] },
      });
    const first = await create('key-1');
    const { id, key } = first.json<{ id: string; key: string }>();
    const again = await create('key-1');
    expect([first.statusCode, again.statusCode]).toEqual([201, 409]);
    expect(again.json()).toMatchObject({ code: 'key_exists', detail: expect.stringContaining(id) });
    expect((await create('key-2')).json<{ id: string }>().id).not.toBe(id);
    expect((await app.inject({ url: '/v1/forms/none', headers: bearer(key) })).statusCode).toBe(503);
  });

  it('end at a time in the future, given with any offset and kept in UTC', async () => {
    const create = (expiresAt: string): ReturnType<typeof app.inject> =>
      app.inject({
        method: 'POST',
        url: '/v1/keys',
        headers: asOwner,
        payload: { name: 'spec', scopes: ['forms:read'], expiresAt },
      });
    expect((await create('2099-01-01T00:00:00+02:00')).json()).toMatchObject({
      expiresAt: '2098-12-31T22:00:00.000Z',
    });
    expect((await create('2020-01-01T00:00:00Z')).json()).toMatchObject({
      status: 400,
      errors: [{ path: '/expiresAt', code: 'too_early' }],
    });
    expect((await create('tomorrow')).json()).toMatchObject({
      status: 400,
      errors: [{ path: '/expiresAt', code: 'type' }],
    });
  });

  it('are revoked by a request that announces a body and has none', async () => {
    const { id } = await createKey(['workspace:read']);
    const response = await app.inject({
      method: 'DELETE',
      url: `/v1/keys/${id}`,
      headers: { ...asOwner, 'content-type': 'application/json' },
    });
    expect(response.statusCode).toBe(200);
    const again = await app.inject({ method: 'DELETE', url: `/v1/keys/${id}`, headers: asOwner });
    expect([again.statusCode, again.headers['idempotency-replayed']]).toEqual([200, undefined]);
  });

  it('give no scope that they lack', async () => {
    const { key } = await createKey(['keys:write']);
    const response = await app.inject({
      method: 'POST',
      url: '/v1/keys',
      headers: bearer(key),
      payload: { name: 'more', scopes: ['forms:write'] },
    });
    expect(response.json()).toMatchObject({ code: 'forbidden' });
  });

  it('give no key that outlives them', async () => {
    const { key } = await createKey(['keys:write'], '2099-01-01T00:00:00.000Z');
    const create = (expiresAt: string | null): Promise<{ statusCode: number }> =>
      app.inject({
        method: 'POST',
        url: '/v1/keys',
        headers: bearer(key),
        payload: { name: 'longer', scopes: ['keys:write'], expiresAt },
      });
    expect((await create(null)).statusCode).toBe(403);
    expect((await create('2099-01-01T00:00:01.000Z')).statusCode).toBe(403);
    expect((await create('2098-12-31T00:00:00.000Z')).statusCode).toBe(201);
  });

  it('of another workspace can be neither seen nor revoked', async () => {
    const foreign = issueApiKey();
    await bootstrap(executor, 'other', foreign.key);
    const whoami = await app.inject({ url: '/v1/workspace', headers: bearer(foreign.key) });
    expect(whoami.json()).toMatchObject({ id: 'other' });
    const revoke = await app.inject({ method: 'DELETE', url: `/v1/keys/${foreign.id}`, headers: asOwner });
    expect(revoke.json()).toMatchObject({ status: 404, code: 'key_not_found' });
    expect((await app.inject({ url: '/v1/keys', headers: asOwner })).body).not.toContain(foreign.id);
    expect((await app.inject({ url: '/v1/workspace', headers: bearer(foreign.key) })).statusCode).toBe(200);
  });

  it('lie in the log as a hash alone', async () => {
    const { id, key } = await createKey(['forms:read']);
    const [event] = await log.read(`evt.acme.access.${id}`);
    expect(JSON.stringify(event)).not.toContain(key.slice(12));
    expect(event?.data).toMatchObject({ key: id, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});

describe('bad requests', () => {
  const submit = (
    payload: string | Buffer | object,
    headers: object = {},
  ): Promise<{ statusCode: number; json(): unknown }> =>
    app.inject({
      method: 'POST',
      url: '/v1/forms/contact/submissions',
      headers: { ...asOwner, ...headers },
      payload,
    });
  const json = { 'content-type': 'application/json' };

  it.each([
    ['malformed JSON', '{"answers":', json, 400, 'malformed_json'],
    ['a property named __proto__', '{"answers":{"__proto__":{"a":1}}}', json, 400, 'bad_request'],
    ['an empty body', '', json, 400, 'bad_request'],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from('{"answers":{"name":"B'), Buffer.from([0xff, 0xfe]), Buffer.from('C"}}')]),
      json,
      400,
      'malformed_json',
    ],
    [
      'another charset',
      '{"answers":{}}',
      { 'content-type': 'application/json; charset=iso-8859-1' },
      415,
      'unsupported_media_type',
    ],
    [
      'a compressed body',
      gzipSync('{"answers":{}}'),
      { ...json, 'content-encoding': 'gzip' },
      415,
      'unsupported_media_type',
    ],
    ['another type asked for', '{"answers":{}}', { ...json, accept: 'text/csv' }, 406, 'not_acceptable'],
    ['a body that is no object', '[]', json, 400, 'bad_request'],
    [
      'a body that is nested too deeply',
      `{"answers":{"a":${'['.repeat(1500)}${']'.repeat(1500)}}}`,
      json,
      400,
      'bad_request',
    ],
    ['a number that no number holds', '{"answers":{"a":1e999}}', json, 400, 'bad_request'],
    ['answers of the wrong type', '{"answers":"x"}', json, 400, 'bad_request'],
    ['an unknown field', '{"answers":{},"answer":{}}', json, 400, 'bad_request'],
    ['a version that is no number', '{"answers":{},"version":"1"}', json, 400, 'bad_request'],
    ['another media type', '<x/>', { 'content-type': 'application/xml' }, 415, 'unsupported_media_type'],
    [
      'a body over the limit',
      JSON.stringify({ answers: { a: 'x'.repeat(BODY_LIMIT) } }),
      json,
      413,
      'body_too_large',
    ],
    [
      'an Idempotency-Key that is too long',
      '{"answers":{}}',
      { ...json, 'idempotency-key': 'k'.repeat(256) },
      400,
      'bad_request',
    ],
  ])('say what is wrong: %s', async (_what, payload, headers, status, code) => {
    const response = await submit(payload, headers);
    expect([response.statusCode, (response.json() as { code: string }).code]).toEqual([status, code]);
  });

  it.each([
    [{ 'content-type': 'application/json; charset=iso-8859-1' }, /iso-8859-1.*UTF-8 only/],
    [{ ...json, 'content-encoding': 'gzip' }, /Content-Encoding gzip/],
    [{ 'content-type': 'application/xml' }, /application\/xml/],
  ])('name the header that is not taken: %j', async (headers, detail) => {
    expect((await submit('{"answers":{}}', headers)).json()).toMatchObject({
      detail: expect.stringMatching(detail),
    });
  });

  // Nobody serves forms here: what comes so far was taken.
  it.each([
    { 'content-type': 'application/json; charset="UTF-8"', 'content-encoding': 'identity' },
    { ...json, accept: 'text/html, application/*;q=0.5' },
  ])('are not those that say the same in other words: %j', async (headers) => {
    expect((await submit('{"answers":{}}', headers)).statusCode).toBe(503);
  });

  it('name the number of bytes that are taken', async () => {
    const response = await submit({ answers: { a: 'x'.repeat(BODY_LIMIT) } });
    expect(response.json()).toMatchObject({ detail: expect.stringContaining(String(BODY_LIMIT)) });
  });

  it.each(['/versions', '/retire', '/versions/1/retire'])(
    'are not those without a body, at %s',
    async (path) => {
      const post = { method: 'POST', url: `/v1/forms/contact${path}` } as const;
      expect((await app.inject({ ...post, headers: asOwner })).statusCode).toBe(503);
      expect((await app.inject({ ...post, headers: { ...asOwner, ...json } })).statusCode).toBe(503);
    },
  );

  it('name what is missing', async () => {
    expect((await submit({})).json()).toMatchObject({ errors: [{ path: '/answers', code: 'required' }] });
    const bare = await app.inject({
      method: 'PUT',
      url: '/v1/forms/contact/draft',
      headers: { ...asOwner, 'if-match': '"1"' },
      payload: { title: 'Bare' },
    });
    expect(bare.json<{ errors: object[] }>().errors).toEqual(
      expect.arrayContaining([
        { path: '/definition', code: 'required', message: 'This is required.' },
        { path: '/title', code: 'unknown_field', message: 'There is no such field.' },
      ]),
    );
  });

  it('name an unknown field by its place', async () => {
    const response = await submit({ answers: {}, answer: {} });
    expect(response.json()).toMatchObject({ errors: [{ path: '/answer', code: 'unknown_field' }] });
  });

  it('need If-Match to replace a draft', async () => {
    const put = { method: 'PUT', url: '/v1/forms/contact/draft', payload: { definition: {} } } as const;
    expect((await app.inject({ ...put, headers: asOwner })).json()).toMatchObject({
      code: 'precondition_required',
    });
    const malformed = await app.inject({ ...put, headers: { ...asOwner, 'if-match': '3' } });
    expect(malformed.json()).toMatchObject({ code: 'bad_request' });
    const whatever = await app.inject({ ...put, headers: { ...asOwner, 'if-match': '*' } });
    expect(whatever.json()).toMatchObject({ code: 'service_unavailable' });
  });

  it.each(['/v1/forms?limit=0', '/v1/forms?limit=x', '/v1/forms?page=2', '/v1/forms?state=open'])(
    'refuse a query that is none: %s',
    async (url) => {
      expect((await app.inject({ url, headers: asOwner })).json()).toMatchObject({ code: 'bad_request' });
    },
  );

  it.each(['/v1', '/v2/forms', '/v1/forms/Upper', '/v1/forms/contact/submissions/not-a-uuid'])(
    'find nothing at %s',
    async (url) => {
      const response = await app.inject({ url, headers: asOwner });
      expect([400, 404]).toContain(response.statusCode);
      expect(response.headers['content-type']).toContain('application/problem+json');
    },
  );

  it('name the methods that an address takes', async () => {
    const response = await app.inject({ method: 'DELETE', url: '/v1/forms', headers: asOwner });
    expect(response.json()).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(String(response.headers.allow).split(', ')).toEqual(expect.arrayContaining(['GET', 'POST']));
  });
});

describe('every answer', () => {
  it('carries the request id, the one sent or a new one', async () => {
    const sent = await app.inject({
      url: '/v1/workspace',
      headers: { ...asOwner, 'x-request-id': 'trace-me.1' },
    });
    expect(sent.headers['x-request-id']).toBe('trace-me.1');
    const bad = await app.inject({
      url: '/nowhere',
      headers: { 'x-request-id': 'no spaces or\nbreaks'.slice(0, 9) },
    });
    expect(bad.headers['x-request-id']).not.toContain(' ');
    expect(bad.json()).toMatchObject({ requestId: bad.headers['x-request-id'] });
  });

  it('is 304 to who has it', async () => {
    const { id } = await createKey(['forms:read']);
    const get = (ifNoneMatch: string): ReturnType<typeof app.inject> =>
      app.inject({ url: `/v1/keys/${id}`, headers: { ...asOwner, 'if-none-match': ifNoneMatch } });
    const known = await get('"1"');
    expect([known.statusCode, known.body, known.headers.etag]).toEqual([304, '', '"1"']);
    expect((await get('"2"')).statusCode).toBe(200);
  });

  it('is 503 at once when no forms service answers', async () => {
    const response = await app.inject({ url: '/v1/forms/contact', headers: asOwner });
    expect(response.json()).toMatchObject({ status: 503, code: 'service_unavailable' });
    expect(response.headers['retry-after']).toBe('1');
  });
});

describe('the reference', () => {
  it('is a page and a document of OpenAPI 3.1, without a key', async () => {
    const page = await app.inject({ url: '/docs' });
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    expect((await app.inject({ url: '/openapi.json' })).json()).toMatchObject({ openapi: '3.1.1' });
  });

  it('is what the bare address leads to', async () => {
    const response = await app.inject({ url: '/' });
    expect([response.statusCode, response.headers.location]).toEqual([302, '/docs']);
  });

  it('loads nothing from elsewhere', async () => {
    expect((await app.inject({ url: '/docs' })).body).not.toMatch(/(src|href)="https?:/);
  });

  it('is the page whatever a browser accepts', async () => {
    expect((await app.inject({ url: '/docs', headers: { accept: 'text/html' } })).statusCode).toBe(200);
  });

  it('says of every body that it may be refused for its type and its size, and when it may be left out', async () => {
    const { paths } = (await app.inject({ url: '/openapi.json' })).json<OpenAPIObject>();
    const withBody = Object.entries(paths)
      .flatMap(([path, item]) => [item.post, item.put, item.patch].map((operation) => ({ path, operation })))
      .flatMap(({ path, operation }) => (operation?.requestBody ? [{ path, operation }] : []));
    expect(withBody).toHaveLength(16);
    for (const { operation } of withBody) {
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['400', '406', '413', '415']));
    }
    const optional = withBody.filter(
      ({ operation }) => !(operation.requestBody as { required?: boolean }).required,
    );
    expect(optional.map(({ path }) => path).sort()).toEqual([
      '/v1/forms/{form}/retire',
      '/v1/forms/{form}/versions',
      '/v1/forms/{form}/versions/{number}/retire',
      '/v1/webhooks/{webhook}/replays',
    ]);
  });

  it('says which headers are needed, and where an ETag spares the answer', async () => {
    const { paths } = (await app.inject({ url: '/openapi.json' })).json<OpenAPIObject>();
    expect(paths['/v1/forms/{form}/draft']?.put?.parameters).toContainEqual(
      expect.objectContaining({ name: 'If-Match', required: true }),
    );
    expect(paths['/v1/forms/{form}']?.get?.responses).toHaveProperty('304');
    expect(paths['/v1/forms']?.get?.responses).not.toHaveProperty('304');
  });

  it('names the limit of a body and every error', async () => {
    const { info } = (await app.inject({ url: '/openapi.json' })).json<OpenAPIObject>();
    expect(info.description).toContain(`${BODY_LIMIT} bytes`);
    for (const code of Object.keys(ERRORS)) expect(info.description).toContain(`\`${code}\``);
  });
});
