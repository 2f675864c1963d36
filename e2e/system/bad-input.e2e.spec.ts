import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SCOPES } from '#contracts/access/scopes';
import { issueApiKey } from '#security/api-key';
import type { FormbusClient } from '../client/client.ts';
import type { Call, Exchange } from '../client/exchange.ts';
import { guestBook, publishGuestBook, startWorld, type World } from './world.ts';

const FORM = 'guest-book';
const SUBMISSIONS = `/v1/forms/${FORM}/submissions`;
const ANSWERS = { name: 'Ada' };
let world: World;

beforeAll(async () => {
  world = await startWorld();
  const { client } = world;
  await publishGuestBook(client, FORM);
  await client.createForm('draft-only', guestBook);
  await publishGuestBook(client, 'retired-form');
  await client.call({ method: 'POST', path: '/v1/forms/retired-form/retire', body: {} });
  await publishGuestBook(client, 'second-edition');
  const found = await client.getForm('second-edition');
  await client.editDraft(
    'second-edition',
    { ...guestBook, title: 'Second edition' },
    found.headers.etag ?? '',
  );
  await client.publishForm('second-edition', 'second');
  await client.retireVersion('second-edition', 1, 'old');
});

afterAll(() => world?.close());

const post = (body: unknown, more: Partial<Call> = {}): Call => ({
  method: 'POST',
  path: SUBMISSIONS,
  body,
  ...more,
});
const get = (path: string, more: Partial<Call> = {}): Call => ({ method: 'GET', path, ...more });
const submitTo = (form: string, body: unknown = { answers: ANSWERS }): Call =>
  post(body, { path: `/v1/forms/${form}/submissions` });

interface Case {
  readonly what: string;
  readonly call: Call;
  readonly status: number;
  readonly code: string;
}

const CASES: readonly Case[] = [
  { what: 'JSON that is cut off', call: post('{"answers": {'), status: 400, code: 'malformed_json' },
  { what: 'a body that is empty', call: post(''), status: 400, code: 'bad_request' },
  {
    what: 'bytes that are not UTF-8',
    call: post(Buffer.from('{"answers":{"name":"Zo\xeb"}}', 'latin1')),
    status: 400,
    code: 'malformed_json',
  },
  {
    what: 'another charset',
    call: post({ answers: ANSWERS }, { headers: { 'content-type': 'application/json; charset=latin1' } }),
    status: 415,
    code: 'unsupported_media_type',
  },
  {
    what: 'a compressed body',
    call: post(gzipSync('{"answers":{}}'), { headers: { 'content-encoding': 'gzip' } }),
    status: 415,
    code: 'unsupported_media_type',
  },
  {
    what: 'another type asked for',
    call: get('/v1/forms', { headers: { accept: 'text/csv' } }),
    status: 406,
    code: 'not_acceptable',
  },
  {
    what: 'JSON that would change the prototype',
    call: post('{"answers": {}, "__proto__": {"admin": true}}'),
    status: 400,
    code: 'bad_request',
  },
  { what: 'a list for a body', call: post([]), status: 400, code: 'bad_request' },
  { what: 'null for a body', call: post('null'), status: 400, code: 'bad_request' },
  { what: 'answers that are a text', call: post({ answers: 'all' }), status: 400, code: 'bad_request' },
  { what: 'a body without answers', call: post({}), status: 400, code: 'bad_request' },
  {
    what: 'an unknown field of the body',
    call: post({ answers: ANSWERS, priority: 1 }),
    status: 400,
    code: 'bad_request',
  },
  {
    what: 'a version that is no number',
    call: post({ answers: ANSWERS, version: 'one' }),
    status: 400,
    code: 'bad_request',
  },
  {
    what: 'an Idempotency-Key that is too long',
    call: post({ answers: ANSWERS }, { idempotencyKey: 'k'.repeat(256) }),
    status: 400,
    code: 'bad_request',
  },
  {
    what: 'a media type that is not JSON',
    call: post('name=Ada', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    status: 415,
    code: 'unsupported_media_type',
  },
  {
    what: 'a body over the limit',
    call: post({ answers: { name: 'x'.repeat(1024 * 1024) } }),
    status: 413,
    code: 'body_too_large',
  },
  { what: 'a form that does not exist', call: submitTo('no-such-form'), status: 404, code: 'form_not_found' },
  {
    what: 'a form without a published version',
    call: submitTo('draft-only'),
    status: 409,
    code: 'form_not_published',
  },
  { what: 'a form that was retired', call: submitTo('retired-form'), status: 409, code: 'form_retired' },
  {
    what: 'a version that was retired',
    call: submitTo('second-edition', { answers: ANSWERS, version: 1 }),
    status: 409,
    code: 'version_retired',
  },
  {
    what: 'a version that does not exist',
    call: post({ answers: ANSWERS, version: 9 }),
    status: 404,
    code: 'version_not_found',
  },
  { what: 'a form id that can be none', call: get('/v1/forms/No%20Form'), status: 400, code: 'bad_request' },
  {
    what: 'a form id that is taken',
    call: { method: 'POST', path: '/v1/forms', body: { id: FORM, definition: guestBook } },
    status: 409,
    code: 'form_exists',
  },
  {
    what: 'a second publication of the same draft',
    call: { method: 'POST', path: `/v1/forms/${FORM}/versions`, body: {} },
    status: 409,
    code: 'form_has_no_draft_change',
  },
  {
    what: 'a draft without If-Match',
    call: { method: 'PUT', path: `/v1/forms/${FORM}/draft`, body: { definition: guestBook } },
    status: 428,
    code: 'precondition_required',
  },
  {
    what: 'a draft with an old ETag',
    call: {
      method: 'PUT',
      path: `/v1/forms/${FORM}/draft`,
      body: { definition: { ...guestBook, title: 'Another' } },
      ifMatch: '"99"',
    },
    status: 412,
    code: 'stale',
  },
  {
    what: 'an If-Match that is no ETag',
    call: { method: 'PUT', path: `/v1/forms/${FORM}/draft`, body: { definition: guestBook }, ifMatch: 'two' },
    status: 400,
    code: 'bad_request',
  },
  {
    what: 'a submission that does not exist',
    call: get(`${SUBMISSIONS}/0aa8197b-c50f-803c-a301-ebbb3acbb849`),
    status: 404,
    code: 'submission_not_found',
  },
  {
    what: 'a history that does not exist',
    call: get(`${SUBMISSIONS}/0aa8197b-c50f-803c-a301-ebbb3acbb849/history`),
    status: 404,
    code: 'submission_not_found',
  },
  {
    what: 'a submission id that can be none',
    call: get(`${SUBMISSIONS}/17`),
    status: 400,
    code: 'bad_request',
  },
  {
    what: 'a position that is none',
    call: get(SUBMISSIONS, { minPosition: 'yesterday' }),
    status: 400,
    code: 'bad_position',
  },
  {
    what: 'a position of another epoch',
    call: get(SUBMISSIONS, { minPosition: 'aaaaaaaaaa.1' }),
    status: 400,
    code: 'bad_position',
  },
  {
    what: 'a cursor that was made up',
    call: get(`${SUBMISSIONS}?cursor=bWFkZSB1cA`),
    status: 400,
    code: 'bad_cursor',
  },
  {
    what: 'a filter on a field that the form lacks',
    call: get(`${SUBMISSIONS}?filter=answers.shoe:eq:42`),
    status: 400,
    code: 'bad_request',
  },
  {
    what: 'a filter that is none',
    call: get(`${SUBMISSIONS}?filter=name`),
    status: 400,
    code: 'bad_request',
  },
  {
    what: 'a filter with a number that is none',
    call: get(`${SUBMISSIONS}?filter=answers.age:gt:old`),
    status: 400,
    code: 'bad_request',
  },
  {
    what: 'a sort by a field that the form lacks',
    call: get(`${SUBMISSIONS}?sort=answers.shoe`),
    status: 400,
    code: 'bad_request',
  },
  {
    what: 'a page that is too long',
    call: get(`${SUBMISSIONS}?limit=201`),
    status: 400,
    code: 'bad_request',
  },
  {
    what: 'a parameter that does not exist',
    call: get(`${SUBMISSIONS}?page=2`),
    status: 400,
    code: 'bad_request',
  },
  { what: 'an address that does not exist', call: get('/v1/nothing'), status: 404, code: 'not_found' },
  {
    what: 'a method that an address does not have',
    call: { method: 'DELETE', path: `/v1/forms/${FORM}` },
    status: 405,
    code: 'method_not_allowed',
  },
];

/** Every error answer has this form, whatever is wrong. */
function expectProblem({ status, headers, body }: Exchange, code: string): void {
  expect(headers['content-type']).toContain('application/problem+json');
  expect(body).toMatchObject({
    status,
    code,
    type: `urn:formbus:problem:${code}`,
    requestId: headers['x-request-id'],
  });
  expect(body).toMatchObject({ title: expect.any(String), action: expect.any(String) });
}

describe('bad input', () => {
  it.each(CASES)('$what is refused as $code', async ({ call, status, code }) => {
    const answered = await world.client.exchange(call);
    expect([answered.status, (answered.body as { code: string }).code]).toEqual([status, code]);
    expectProblem(answered, code);
  });

  it('in answers is refused with all problems at once, each with its field', async () => {
    const answered = await world.client.exchange(post({ answers: { age: 'old', colour: 'blue', shoe: 42 } }));
    expectProblem(answered, 'invalid_answers');
    const { errors } = answered.body as { errors: { path: string; code: string }[] };
    expect(new Map(errors.map(({ path, code }) => [path, code]))).toEqual(
      new Map([
        ['/name', 'required'],
        ['/age', 'type'],
        ['/colour', 'choice'],
        ['/shoe', 'unknown_field'],
      ]),
    );
  });

  it('in a definition is refused with all problems at once', async () => {
    const fields = [
      { type: 'text', name: 'a', visible: 'nowhere == 1' },
      { type: 'text', name: 'a' },
      { type: 'colour', name: 'b' },
    ];
    const definition = { title: 'Bad', pages: [{ fields }] };
    const answered = await world.client.exchange({
      method: 'POST',
      path: '/v1/forms',
      body: { id: 'bad', definition },
    });
    expectProblem(answered, 'invalid_definition');
    expect((answered.body as { errors: unknown[] }).errors.length).toBeGreaterThanOrEqual(1);
    await expect(world.client.getForm('bad')).rejects.toMatchObject({ code: 'form_not_found' });
  });

  it('leaves nothing behind', async () => {
    const { body } = await world.client.listSubmissions(FORM, { count: true });
    expect(body.total).toBe(0);
  });
});

describe('a key', () => {
  const asking = (apiKey: string | undefined): Promise<Exchange> =>
    world.clientWith({ apiKey, connections: 1 }).exchange(get('/v1/forms'));

  it('is needed', async () => {
    for (const apiKey of [undefined, 'nonsense', issueApiKey().key]) {
      const answered = await asking(apiKey);
      expect(answered.status).toBe(401);
      expectProblem(answered, 'unauthenticated');
      expect(answered.headers['www-authenticate']).toContain('Bearer');
    }
  });

  it('with the id of another and a secret of its own is refused', async () => {
    const [, id] = world.system.apiKey.split('_');
    const [, , secret] = issueApiKey().key.split('_');
    expectProblem(await asking(`fb_${String(id)}_${String(secret)}`), 'unauthenticated');
  });

  it('opens what its scopes say and nothing else, until it is revoked', async () => {
    const { client } = world;
    const created = await client.call<{ id: string; key: string }>({
      method: 'POST',
      path: '/v1/keys',
      body: { name: 'reader', scopes: ['forms:read'] },
    });
    const reader = world.clientWith({ apiKey: created.body.key, connections: 1 });
    expect((await reader.exchange(get('/v1/forms'))).status).toBe(200);
    const refused = await reader.exchange(post({ answers: ANSWERS }));
    expect(refused.status).toBe(403);
    expectProblem(refused, 'forbidden');
    expect(refused.body).toMatchObject({ detail: expect.stringContaining('submissions:write') });
    await client.call({ method: 'DELETE', path: `/v1/keys/${created.body.id}` });
    expect(await eventuallyRefused(reader)).toBe(401);
  });

  it('can give no scope that it lacks', async () => {
    const { body } = await world.client.call<{ key: string }>({
      method: 'POST',
      path: '/v1/keys',
      body: { name: 'keeper', scopes: ['keys:write'] },
    });
    const keeper = world.clientWith({ apiKey: body.key, connections: 1 });
    const asked: Call = { method: 'POST', path: '/v1/keys', body: { name: 'more', scopes: [...SCOPES] } };
    expectProblem(await keeper.exchange(asked), 'forbidden');
  });

  /** Each worker of the gateway hears of it from the log, within milliseconds. */
  async function eventuallyRefused(client: FormbusClient): Promise<number> {
    const deadline = performance.now() + 2_000;
    for (;;) {
      const { status } = await client.exchange(get('/v1/forms'));
      if (status !== 200 || performance.now() > deadline) return status;
    }
  }
});

describe('an Idempotency-Key', () => {
  it('gives the first answer again, and refuses another body', async () => {
    const { client } = world;
    const first = await client.submit(FORM, { name: 'Grace' }, { idempotencyKey: 'guest-1' });
    const again = await client.submit(FORM, { name: 'Grace' }, { idempotencyKey: 'guest-1' });
    expect(again).toMatchObject({ status: 201, body: first.body, position: first.position, replayed: true });
    await expect(client.submit(FORM, { name: 'Eve' }, { idempotencyKey: 'guest-1' })).rejects.toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
  });

  it('gives a form again, and refuses another definition under its id', async () => {
    const { client } = world;
    const first = await client.createForm('once', guestBook, 'form-1');
    const again = await client.createForm('once', guestBook, 'form-1');
    expect(again).toMatchObject({ status: 201, body: first.body, replayed: true });
    await expect(client.createForm('once', { ...guestBook, title: 'Twice' }, 'form-1')).rejects.toMatchObject(
      {
        status: 422,
        code: 'idempotency_key_reused',
      },
    );
  });

  it('that was not sent is not said to be replayed', async () => {
    const { client } = world;
    const { headers } = await client.getForm('draft-only');
    const same = await client.editDraft('draft-only', guestBook, headers.etag ?? '');
    expect(same).toMatchObject({ status: 200, replayed: false });
  });

  it('that was used at the same time makes one submission', async () => {
    const { client } = world;
    const all = await Promise.all(
      Array.from({ length: 20 }, () => client.submit(FORM, { name: 'Alan' }, { idempotencyKey: 'guest-2' })),
    );
    expect(new Set(all.map(({ body, position }) => `${body.id} ${position}`)).size).toBe(1);
    expect(all.filter(({ replayed }) => !replayed)).toHaveLength(1);
  });

  it('is no way around the rules for what was refused', async () => {
    const { client } = world;
    await expect(client.submit(FORM, { age: 3 }, { idempotencyKey: 'guest-3' })).rejects.toMatchObject({
      status: 422,
    });
    expect(await client.submit(FORM, { name: 'Joan' }, { idempotencyKey: 'guest-3' })).toMatchObject({
      replayed: false,
    });
  });
});

describe('an ETag', () => {
  it('spares the answer while it is current', async () => {
    const { client } = world;
    const { body, position } = await client.submit(FORM, { name: 'Ada' });
    for (const path of [`/v1/forms/${FORM}`, `${SUBMISSIONS}/${body.id}`]) {
      const found = await client.call({ method: 'GET', path, minPosition: position });
      const known = await client.exchange(
        get(path, { headers: { 'if-none-match': found.headers.etag ?? '' } }),
      );
      expect([path, known.status, known.body]).toEqual([path, 304, '']);
      const old = await client.exchange(get(path, { headers: { 'if-none-match': '"99"' } }));
      expect([path, old.status]).toEqual([path, 200]);
    }
  });

  it('is not needed to replace a draft by who says so', async () => {
    const { client } = world;
    const replaced = await client.editDraft('draft-only', { ...guestBook, title: 'Whatever was there' }, '*');
    expect(replaced).toMatchObject({ status: 200, body: { title: 'Whatever was there' } });
    await expect(client.editDraft('no-such-form', guestBook, '*')).rejects.toMatchObject({
      code: 'form_not_found',
    });
  });
});

describe('a body that may be left out', () => {
  it('is taken for its defaults', async () => {
    const { client } = world;
    await client.createForm('bare', guestBook);
    const published = await client.exchange({ method: 'POST', path: '/v1/forms/bare/versions' });
    expect(published).toMatchObject({ status: 201, body: { current: 1 } });
    const retired = await client.exchange({
      method: 'POST',
      path: '/v1/forms/bare/retire',
      headers: { 'content-type': 'application/json' },
    });
    expect(retired).toMatchObject({ status: 200, body: { state: 'retired', retired: { reason: '' } } });
  });
});
