import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TASK_FINISHED } from '#contracts/webhook/event-types';
import { eventually } from '#tools/testing/eventually';
import type { FormbusClient } from '../client/client.ts';
import type { Call, Exchange } from '../client/exchange.ts';
import { operationsOf, type ApiOperation } from './api-operations.ts';
import { PRIVATE, SHARED, startTwoWorkspaces, WORDS, type TwoWorkspaces } from './workspaces.ts';
import { guestBook } from './world.ts';

let world: TwoWorkspaces;
let owner: FormbusClient;
let other: FormbusClient;
let operations: readonly ApiOperation[];

beforeAll(async () => {
  world = await startTwoWorkspaces();
  [owner, other] = [world.owner.client, world.other.client];
  operations = operationsOf((await owner.call({ method: 'GET', path: '/openapi.json' })).body);
});

afterAll(() => world?.close());

const NOBODY = 'http://127.0.0.1:9/';
const receipt = { purpose: 'receipt', form: PRIVATE };

/** The bodies of operations, as the owner would send them. Those that are not here take none. */
const bodyOf: Readonly<Record<string, () => unknown>> = {
  createForm: () => ({ id: PRIVATE, definition: guestBook }),
  editDraft: () => ({ definition: guestBook }),
  submit: () => ({ answers: { name: 'Eve' } }),
  createWebhook: () => ({ url: world.other.receiver.url, form: PRIVATE }),
  changeWebhook: () => ({ description: 'changed' }),
  createKey: () => ({ name: 'spec', scopes: ['forms:read'] }),
  setMailTemplate: () => ({ ...receipt, subject: 'Mine', text: 'Mine' }),
  previewMail: () => ({ ...receipt, submission: world.ids.submission }),
  sendTestMail: () => ({ ...receipt, to: 'eve@example.org' }),
};

/** Operations that change something and have no id in their address: what ids of the owner in their body come to. */
const NAMED_IN_BODY: Readonly<Record<string, number>> = {
  setMailTemplate: 404,
  previewMail: 404,
  sendTestMail: 404,
  createWebhook: 201, // there may be such a form one day: what happens to it in its own workspace is what it gets
  createKey: 201,
  createForm: 201, // ids of forms are a workspace's own
};

function callOf({ id, method, path, parameters }: ApiOperation): Call {
  const place = parameters.reduce((address, name) => {
    const value = world.ids[name];
    if (value === undefined) throw new Error(`workspaces.ts does not say what {${name}} of ${id} is`);
    return address.replace(`{${name}}`, value);
  }, path);
  return { method, path: place, body: bodyOf[id]?.(), ...(method !== 'GET' && { ifMatch: '*' }) };
}

/** By operation what it answers, one after the other. */
async function answers(
  client: FormbusClient,
  asked: readonly ApiOperation[],
): Promise<Map<string, Exchange>> {
  const found = new Map<string, Exchange>();
  for (const operation of asked) {
    found.set(`${operation.method} ${operation.path}`, await client.exchange(callOf(operation)));
  }
  return found;
}

const statuses = (found: ReadonlyMap<string, Exchange>): [string, number][] =>
  [...found].map(([name, { status }]) => [name, status]);

const isRead = ({ method }: ApiOperation): boolean => method === 'GET';
const operators = (): ApiOperation[] => operations.filter(({ path }) => path.startsWith('/v1/operations/'));
const ofOne = (): ApiOperation[] =>
  operations.filter(({ path, parameters }) => parameters.length > 0 && !path.startsWith('/v1/operations/'));
const ofAll = (): ApiOperation[] =>
  operations.filter(({ path, parameters }) => parameters.length === 0 && !path.startsWith('/v1/operations/'));

/** All that the owner sees of its own, but for how far a read model has come. */
async function ownersView(): Promise<Map<string, unknown>> {
  const found = await answers(owner, ofOne().filter(isRead));
  expect(statuses(found).filter(([, status]) => status !== 200)).toEqual([]);
  return new Map([...found].map(([name, { body }]) => [name, { ...(body as object), readModel: null }]));
}

describe('a key of another workspace', () => {
  it("finds nothing by the owner's ids, and changes nothing", async () => {
    const before = await ownersView();
    const found = await answers(other, ofOne());
    expect(statuses(found).filter(([, status]) => status !== 404)).toEqual([]);
    expect(await ownersView()).toEqual(before);
  });

  it("finds nothing by the owner's ids in a body, and changes nothing", async () => {
    const writes = ofAll().filter((operation) => !isRead(operation));
    expect(new Set(writes.map(({ id }) => id))).toEqual(new Set(Object.keys(NAMED_IN_BODY)));
    const before = await ownersView();
    for (const [id, status] of Object.entries(NAMED_IN_BODY)) {
      const [operation] = writes.filter((write) => write.id === id);
      expect([id, (await other.exchange(callOf(operation!))).status]).toEqual([id, status]);
    }
    expect(await ownersView()).toEqual(before);
  });

  it("gets the owner's answer by no Idempotency-Key", async () => {
    for (const call of [
      { path: '/v1/webhooks', body: { url: NOBODY, types: ['formbus.webhook.disabled.v1'] } },
      { path: `/v1/forms/${SHARED}/submissions`, body: { answers: { name: 'Ada' } } },
    ]) {
      const sent = { ...call, method: 'POST', idempotencyKey: 'the same' } as const;
      const first = await owner.call<{ id: string }>(sent);
      const second = await other.call<{ id: string }>(sent);
      expect([first.replayed, second.replayed]).toEqual([false, false]);
      expect(second.body.id).not.toBe(first.body.id);
    }
  });

  it("sees nothing of the owner in any list, by the owner's cursor neither", async () => {
    const own = ['submission', 'webhook', 'delivery', 'task', 'template', 'key'];
    const secrets = [WORDS, ...own.map((name) => world.ids[name] ?? '')];
    const paged: string[] = [];
    for (const { path } of ofAll().filter(isRead)) {
      const look = async (query: string, allowed: readonly number[]): Promise<void> => {
        const { status, body } = await other.exchange({ method: 'GET', path: `${path}${query}` });
        const text = JSON.stringify(body);
        expect(allowed).toContain(status);
        expect([path, secrets.filter((secret) => text.includes(secret))]).toEqual([path, []]);
      };
      await look('', [200]);
      const page = (await owner.exchange({ method: 'GET', path: `${path}?limit=1` })).body;
      const { next } = page as { next?: string };
      if (typeof next !== 'string') continue;
      paged.push(path);
      await look(`?limit=200&cursor=${encodeURIComponent(next)}`, [200, 400]);
    }
    expect(paged).toEqual(expect.arrayContaining(['/v1/forms', '/v1/webhooks', '/v1/mail-templates']));
  });

  it("is not written to in the owner's words", async () => {
    const preview = { method: 'POST', path: '/v1/mail-templates/preview' } as const;
    const wordsFor = async (client: FormbusClient) =>
      (await client.call<{ text: string }>({ ...preview, body: { ...receipt, form: SHARED } })).body.text;
    expect(await wordsFor(owner)).toContain(WORDS);
    expect(await wordsFor(other)).not.toContain(WORDS);
  });

  it('operates nothing', async () => {
    const found = await answers(other, operators());
    expect(found.size).toBeGreaterThan(10);
    expect(statuses(found).filter(([, status]) => status !== 403)).toEqual([]);
  });

  it('is told of nothing that happens to the owner, nor the owner of what happens to it', async () => {
    await owner.call({ method: 'POST', path: '/v1/operations/task-kinds/webhook-replay/resume' });
    for (const { client, workspace, hook, receiver } of [world.owner, world.other]) {
      const replay = { method: 'POST', path: `/v1/webhooks/${hook.id}/replays` } as const;
      const { body: task } = await client.call<{ id: string }>(replay);
      const { body: submission } = await client.submit(SHARED, { name: 'last' });
      await eventually(() => {
        expect(receiver.submissions).toContain(submission.id);
        const finished = receiver.received.filter(({ type }) => type === TASK_FINISHED);
        expect(finished.map(({ data }) => data.task)).toContain(task.id);
      });
      expect(new Set(receiver.received.map(({ data }) => data.workspace))).toEqual(new Set([workspace]));
    }
    const { receiver, workspace } = world.owner;
    expect(new Set(receiver.received.map(({ data }) => data.workspace))).toEqual(new Set([workspace]));
  });
});

describe('a key of the owner', () => {
  it('finds all that the other one does not', async () => {
    // What ends something comes last: after it others may be refused, as what is there and over.
    const order = (operation: ApiOperation): number => Number(operation.method === 'DELETE');
    const found = await answers(
      owner,
      ofOne().sort((a, b) => order(a) - order(b)),
    );
    const over = [409, 410];
    expect(statuses(found).filter(([, status]) => status >= 400 && !over.includes(status))).toEqual([]);
  });
});
