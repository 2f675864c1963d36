import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PROJECTION_NAMES } from '#contracts/operations/projections';
import { eventually } from '../testing/eventually.ts';
import { spoken, type Spoken } from './testing/spoken.ts';

interface Answer {
  readonly status?: number;
  readonly body: unknown;
  /** The connection breaks instead. */
  readonly lost?: true;
  readonly headers?: Readonly<Record<string, string>>;
}

let server: Server;
let url: string;
let answers: Answer[];
let asked: {
  method: string;
  url: string;
  authorization: string | undefined;
  ifMatch: string | undefined;
  idempotencyKey: string | string[] | undefined;
  body: string;
}[];

beforeAll(async () => {
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = '', url: path = '', headers } = request;
      asked.push({
        method,
        url: path,
        authorization: headers.authorization,
        ifMatch: headers['if-match'],
        idempotencyKey: headers['idempotency-key'],
        body,
      });
      const {
        status = 200,
        body: answer,
        headers: more,
        lost,
      } = answers.shift() ?? {
        status: 500,
        body: 'nothing is left to say',
      };
      if (lost === true) return request.socket.destroy();
      response.writeHead(status, { 'content-type': 'application/json', ...more });
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
  [answers, asked] = [[], []];
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

const say = (...args: readonly string[]): Promise<Spoken> =>
  spoken([...args, '--url', url], { env: { FORMBUS_API_KEY: 'the-key' } });

const key = (id: string) => ({
  id,
  name: 'Website',
  scopes: ['forms:read'],
  createdAt: '2026-01-31T12:00:00.000Z',
  createdBy: 'key:first',
  expiresAt: null,
  revokedAt: null,
});

const task = (state: string, more: object = {}) => ({
  ...{ id: 't1', kind: 'webhook-replay', state, progress: null, about: {}, result: null, problem: null },
  ...{ attempt: 1, attempts: 3, queuedAt: '2026-01-31T12:00:00.000Z', startedAt: null, endedAt: null },
  ...{ expiresAt: '2026-02-07T12:00:00.000Z', cancelRequested: false },
  ...more,
});

describe('a command over the gateway', () => {
  it('sends the key, and prints a table', async () => {
    answers.push({ body: { items: [key('AAAAAAAA')] } });
    const { code, out, notes } = await say('keys', 'list');
    expect([code, notes]).toEqual([0, '']);
    expect(out).toBe(
      'KEY       NAME     STATE  CREATED              BY         SCOPES\n' +
        'AAAAAAAA  Website  valid  2026-01-31 12:00:00  key:first  forms:read\n',
    );
    expect(asked).toMatchObject([{ method: 'GET', url: '/v1/keys', authorization: 'Bearer the-key' }]);
  });

  it('prints what it was given for programs, one a line', async () => {
    answers.push({ body: { items: [key('AAAAAAAA'), key('BBBBBBBB')] } });
    const { out } = await say('keys', 'list', '--json');
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([key('AAAAAAAA'), key('BBBBBBBB')]);
  });

  it('prints no data where there is none, and says so beside', async () => {
    answers.push({ body: { items: [] } });
    expect(await say('keys', 'list')).toEqual({ code: 0, out: '', notes: 'there are no keys\n' });
  });

  it('reads a list page by page, no further than its limit', async () => {
    answers.push({ body: { items: [task('queued'), task('queued')], next: 'c1' } });
    answers.push({ body: { items: [task('queued')], next: 'c2' } });
    const { out, notes } = await say('tasks', 'list', '--limit', '3', '--state', 'queued', '--json');
    expect(out.trimEnd().split('\n')).toHaveLength(3);
    expect(notes).toBe('There are more: --limit sets how many are shown.\n');
    expect(asked.map((one) => one.url)).toEqual([
      '/v1/tasks?state=queued&limit=3',
      '/v1/tasks?state=queued&limit=1&cursor=c1',
    ]);
  });

  it('follows a task to its end', async () => {
    answers.push({ status: 202, body: task('queued') });
    answers.push({ body: task('running', { progress: { done: 1, total: 2, note: null } }) });
    answers.push({ body: task('succeeded', { result: { delivered: 2 } }) });
    const { code, out, notes } = await say('webhooks', 'replay', 'w', '--from', 'start', '--wait');
    expect([code, notes]).toEqual([0, 'webhook-replay: 1 of 2\n']);
    expect(out).toContain('{"delivered":2}');
    expect(asked[0]).toMatchObject({ url: '/v1/webhooks/w/replays', body: '{"from":{"position":"0"}}' });
  });

  it('fails with a task that fails', async () => {
    answers.push({
      body: task('failed', { problem: { code: 'task_failed', title: 'The task failed', detail: 'why' } }),
    });
    const { code, notes } = await say('tasks', 'show', 't1', '--wait');
    expect([code, notes]).toEqual([1, 'formbus: the task t1 has failed: The task failed: why\n']);
  });

  it('says what a task waits for, and that it goes on when nobody follows it any more', async () => {
    const problem = { code: 'internal', title: 'It broke', detail: 'a bit' };
    answers.push({ body: task('queued') });
    answers.push({ body: task('retrying', { problem }) });
    const stopping = new AbortController();
    const following = spoken(['tasks', 'show', 't1', '--wait', '--url', url, '--key', 'k'], {
      signal: stopping.signal,
    });
    await eventually(() => expect(asked).toHaveLength(2));
    stopping.abort();
    const { code, out, notes } = await following;
    expect([code, out]).toEqual([1, '']);
    expect(notes).toBe(
      'webhook-replay: attempt 1 of 3 has failed, another follows: It broke: a bit\n' +
        'the task t1 may go on: formbus tasks show t1 tells, formbus tasks cancel t1 stops it\n' +
        'formbus: stopped\n',
    );
  });

  it('goes on following when nobody answers for a while', async () => {
    answers.push({ body: task('running') });
    answers.push({ status: 503, body: '' }, { status: 503, body: '' });
    answers.push({ body: task('succeeded') });
    const { code, notes } = await say('tasks', 'show', 't1', '--wait');
    expect([code, notes]).toEqual([0, 'webhook-replay: the gateway does not answer for now\n']);
  });

  it('follows no longer what is not to be seen', async () => {
    answers.push({ body: task('running') });
    answers.push({ status: 404, body: { code: 'task_not_found', status: 404 } });
    expect(await say('tasks', 'show', 't1', '--wait')).toMatchObject({ code: 3, out: '' });
  });

  const verified = (projection: string, equal: boolean) => ({
    ...{ projection, equal, documents: 3, hash: 'a', rebuiltHash: equal ? 'a' : 'b', position: 'e.7' },
    ...{ differences: equal ? 0 : 1, outlived: 0, seconds: 0.1 },
    differing: equal ? [] : [{ id: 'evt.w.form.f', kind: 'different' }],
  });

  it('has read models proven by tasks, one after the other', async () => {
    for (const projection of PROJECTION_NAMES) {
      answers.push({ status: 202, body: task('queued', { kind: 'projection-verify' }) });
      answers.push({ body: task('running', { progress: { done: 4, total: 7, note: 'positions' } }) });
      answers.push({ body: task('succeeded', { result: verified(projection, true) }) });
    }
    const { code, out, notes } = await say('projections', 'verify', '--json');
    expect(code).toBe(0);
    const found = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(found).toEqual(PROJECTION_NAMES.map((projection) => verified(projection, true)));
    expect(notes).toBe(PROJECTION_NAMES.map((name) => `verify ${name}: 4 of 7, positions\n`).join(''));
    expect(asked.filter(({ method }) => method === 'POST').map((one) => one.url)).toEqual(
      PROJECTION_NAMES.map((name) => `/v1/operations/projections/${name}/verify`),
    );
  });

  it('fails when a read model is not what the log says, and names what differs', async () => {
    answers.push({ status: 202, body: task('succeeded', { result: verified('forms', false) }) });
    const { code, out, notes } = await say('projections', 'verify', 'forms');
    expect([code, notes]).toEqual([1, 'forms: evt.w.form.f is different\n']);
    expect(out).toMatch(/^forms +1 document differs/m);
  });

  it('has a read model built anew by a task', async () => {
    const result = { projection: 'tasks', generation: 'g2', before: 'g1', seconds: 2 };
    answers.push({ status: 202, body: task('succeeded', { result }) });
    const { code, out } = await say('projections', 'rebuild', 'tasks');
    expect(code).toBe(0);
    expect(out).toMatch(/^tasks +g2 +g1 +2.0 s$/m);
    expect(asked).toMatchObject([{ method: 'POST', url: '/v1/operations/projections/tasks/rebuild' }]);
  });

  const LOST = { body: '', lost: true } as const;

  it.each([
    ['projections', 'verify', 'forms'],
    ['projections', 'rebuild', 'forms'],
    ['webhooks', 'replay', 'w', '--from', 'start', '--wait'],
  ])('begins a task once where the answer was lost: %s %s', async (...args) => {
    const result = { ...verified('forms', true), generation: 'g2', before: 'g1' };
    answers.push(LOST, { status: 502, body: '' }, { status: 202, body: task('succeeded', { result }) });
    expect(await say(...args)).toMatchObject({ code: 0, notes: '' });
    expect(asked).toHaveLength(3);
    const [key = ''] = new Set(asked.map(({ idempotencyKey }) => idempotencyKey));
    expect(key).toMatch(/^[0-9a-f-]{36}$/);
    expect(asked).toEqual(asked.map((one) => ({ ...one, url: asked[0]?.url, idempotencyKey: key })));
  });

  it('has another key for each task that it begins', async () => {
    for (const projection of PROJECTION_NAMES)
      answers.push({ status: 202, body: task('succeeded', { result: verified(projection, true) }) });
    await say('projections', 'verify');
    expect(new Set(asked.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(PROJECTION_NAMES.length);
  });

  it('gives up beginning a task when nobody answers for good', async () => {
    answers.push(LOST, LOST, LOST);
    expect(await say('projections', 'verify', 'forms')).toMatchObject({ code: 4, out: '' });
    expect(asked).toHaveLength(3);
  });

  it('says of every process what is wrong, at full length', async () => {
    const detail = `smtp.example.org does not take mail (${'x'.repeat(100)})`;
    const process = { instance: 'host:1', version: '1.0.0', uptimeSeconds: 5, troubles: [] };
    const troubles = [{ check: 'mail', detail }];
    const instances = [
      { ...process, state: 'ready' },
      { ...process, instance: 'host:2', state: 'degraded', troubles },
    ];
    answers.push({
      body: {
        bus: { server: '2.15.0' },
        services: [{ service: 'notifier', state: 'degraded', instances }],
        ...{ streams: [], taskKinds: [], deadLetters: { waiting: 0, byDurable: {} }, projections: [] },
      },
    });
    const args = ['status', '--url', url, '--key', 'k'];
    const { code, out } = await spoken(args, { columns: 60 });
    expect(code).toBe(0);
    expect(out).toMatch(/^notifier +degraded +2 +1\.0\.0 +5\.0 s$/m);
    expect(out).toContain(`notifier  host:2   mail   ${detail}\n`);
  });

  it('shows where read models stand, and fails where one is silent', async () => {
    const projections = [
      { projection: 'forms', state: 'live', position: 'e.7', ageSeconds: 0 },
      { projection: 'tasks', state: 'silent', position: null, ageSeconds: null },
    ];
    answers.push({ body: { projections } }, { body: { projections } });
    const all = await say('projections', 'status', '--json');
    expect([all.code, all.out]).toEqual([
      1,
      '{"projection":"forms","state":"current","position":"e.7","lagSeconds":0}\n' +
        '{"projection":"tasks","state":"silent"}\n',
    ]);
    expect(await say('projections', 'status', 'forms')).toMatchObject({ code: 0, notes: '' });
  });

  it.each(['status', 'verify', 'rebuild'])('knows which read models there are to %s', async (what) => {
    const { code, out, notes } = await say('projections', what, 'none');
    expect([code, out, asked]).toEqual([3, '', []]);
    expect(notes).toContain('there is no projection "none"; there are forms, submissions, deliveries');
  });

  it('changes a webhook whoever changed it last', async () => {
    const webhook = {
      ...{
        id: 'w',
        url: 'https://x.example',
        description: '',
        form: null,
        types: [],
        payload: 'thin',
        ordered: false,
      },
      ...{ contact: null, state: 'enabled', disabled: null, failingSince: null, version: 2 },
      ...{ createdAt: '2026-01-31T12:00:00.000Z', updatedAt: '2026-01-31T12:00:00.000Z' },
    };
    answers.push({ body: webhook });
    const { code } = await say('webhooks', 'change', 'w', '--type', 'submission.submitted', '--no-ordered');
    expect(code).toBe(0);
    expect(asked).toMatchObject([{ method: 'PATCH', ifMatch: '*' }]);
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      types: [expect.stringMatching(/^formbus\.submission\.submitted\.v\d+$/)],
      ordered: false,
    });
  });

  it.each([
    ['unauthenticated', 401, 5, 'No valid API key'],
    ['key_not_found', 404, 3, 'No such API key'],
    ['bus_unavailable', 503, 4, 'The event log cannot be reached'],
    ['contended', 409, 1, 'Others kept changing this'],
  ])('ends for %s with %i as %i', async (code, status, exit, text) => {
    answers.push({ status, body: { code, status, title: text, requestId: 'r1' } });
    const found = await say('keys', 'revoke', 'AAAAAAAA');
    expect([found.code, found.out]).toEqual([exit, '']);
    expect(found.notes).toContain(text);
  });

  it('says after what time it is worth another try', async () => {
    const body = { code: 'too_many_requests', status: 429, title: 'Too many' };
    answers.push({ status: 429, body, headers: { 'retry-after': '7' } });
    const { code, notes } = await say('keys', 'list');
    expect(code).toBe(4);
    expect(notes).toContain('(Retry-After: 7 s)');
  });

  it('asks for nothing when one of several ids is wrong', async () => {
    expect(await say('keys', 'revoke', 'AAAAAAAA', 'b', '--yes')).toMatchObject({ code: 3, out: '' });
    expect(asked).toEqual([]);
  });

  it('lists deliveries by a type that is given in short', async () => {
    answers.push({ body: { items: [], next: null } });
    const { code } = await say('webhooks', 'deliveries', 'w', '--type', 'webhook.test');
    expect([code, asked[0]?.url]).toEqual([
      0,
      '/v1/webhooks/w/deliveries?type=formbus.webhook.test.v1&limit=50',
    ]);
    const wrong = await say('webhooks', 'deliveries', 'w', '--type', 'key.created');
    expect([wrong.code, asked]).toMatchObject([2, [{}]]);
    expect(wrong.notes).toContain('"key.created" is never delivered; there are form.created,');
  });

  it.each([
    [{ status: 502, body: '<html>' }, 4, 'answered 502'],
    [{ status: 404, body: { title: 'x', code: 'a_newer_code' } }, 3, 'answered 404: x'],
    [{ status: 200, body: '<html>' }, 1, 'does not answer like a Formbus'],
  ])('makes the best of an answer that is none: %j', async (answer, exit, text) => {
    answers.push(answer);
    const found = await say('keys', 'list');
    expect([found.code, found.out]).toEqual([exit, '']);
    expect(found.notes).toContain(text);
  });

  it('says that nobody answers', async () => {
    const { code, notes } = await spoken(['keys', 'list', '--url', 'http://127.0.0.1:1', '--key', 'k']);
    expect(code).toBe(4);
    expect(notes).toMatch(
      /^formbus: http:\/\/127\.0\.0\.1:1 does not answer \(.+\): does it run, and is --url right\?\n$/,
    );
  });

  const letter = (id: string) => ({
    ...{
      id,
      stream: 'TASKS_HIGH',
      durable: 'mail',
      kind: 'mail',
      task: null,
      workspace: null,
      attempts: 3,
    },
    ...{ error: { name: 'Error', message: 'x' }, parkedAt: '2026-01-31T12:00:00.000Z', discarded: null },
  });

  it.each([
    [999, '--limit sets how many are shown.'],
    [1000, 'no more than 1000 are shown at once, and --kind, --durable and --error choose among them.'],
  ])('says what shows more dead letters than %i', async (limit, how) => {
    const items = Array.from({ length: limit }, (_, at) => letter(`${limit - at}`));
    answers.push({ body: { items, next: 'c' } });
    const { notes } = await say('dlq', 'list', '--limit', `${limit}`);
    expect(notes).toBe(`There are more: ${how}\n`);
  });

  it('asks on no connection that the gateway may be closing', async () => {
    let connections = 0;
    const count = (): void => void connections++;
    server.on('connection', count);
    answers.push(
      { body: { items: [letter('2')], next: 'c' } },
      { body: { items: [letter('1')], next: null } },
    );
    await say('dlq', 'list', '--limit', '150');
    server.off('connection', count);
    expect([asked.length, connections]).toEqual([2, 2]);
  });

  it('retries many dead letters at once, and one by its own address', async () => {
    answers.push(
      { body: { items: [letter('2'), letter('1')], next: null } },
      { body: { retried: 2, remaining: 0 } },
    );
    const many = await say('dlq', 'retry', '--kind', 'mail', '--yes', '--json');
    expect([many.code, many.out]).toEqual([0, '{"retried":2}\n']);
    answers.push({ body: { discarded: 1, remaining: 0 } });
    const one = await say('dlq', 'discard', '7', '--reason', 'done by hand');
    expect([one.code, one.out]).toEqual([0, '1 dead letter discarded\n']);
    expect(asked.map(({ method, url: path, body }) => [method, path, body])).toEqual([
      ['GET', '/v1/operations/dead-letters?kind=mail&limit=100', ''],
      ['POST', '/v1/operations/dead-letters/retry', '{"ids":["2","1"]}'],
      ['POST', '/v1/operations/dead-letters/7/discard', '{"reason":"done by hand"}'],
    ]);
  });
});
