import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineTask } from '#contracts/task';
import { Permanent } from '#eventing/disposition';
import { handle } from '#eventing/task/context';
import { startTaskWorkers, type TaskWorkers } from '#eventing/task/workers';
import { eventually } from '#tools/testing/eventually';
import { logger, openGatewayWorld, type GatewayWorld } from '../testing/world.ts';
import type { DeadLetter, DeadLetterSummary } from './dead-letter.resource.ts';

const reaching = defineTask({
  kind: 'spec-reach',
  tier: 'batch',
  summary: 'Reaches for something.',
  payload: z.object({ workspace: z.string(), target: z.string() }),
  tracked: true,
  timeoutMs: 10_000,
  backoffMs: [],
  concurrency: 4,
});

let world: GatewayWorld;
let workers: TaskWorkers;
/** Targets that can't be reached. */
const broken = new Set<string>();

beforeAll(async () => {
  world = await openGatewayWorld();
  workers = await startTaskWorkers({
    tasks: world.tasks,
    handled: [
      handle(reaching, ({ target }) =>
        broken.has(target) ? Promise.reject(new Permanent(`cannot reach ${target}`)) : Promise.resolve(),
      ),
    ],
    tiers: ['batch'],
    logger,
  });
});

afterAll(async () => {
  await workers?.stop(100);
  await world?.stop();
});

const url = '/v1/operations/dead-letters';
const post = (path: string, payload?: object) =>
  world.ask({ method: 'POST', url: `${url}${path}`, ...(payload && { payload }) });
const list = async (query: Record<string, string> = {}) =>
  (await world.ask({ url: `${url}?${new URLSearchParams(query).toString()}` })).json<{
    items: DeadLetterSummary[];
    next: string | null;
  }>();
const stateOf = async (task: string | null): Promise<unknown> =>
  (await world.ask({ url: `/v1/tasks/${task}` })).json().state;

/** So many letters of one target, the newest first. */
async function letters(target: string, count: number): Promise<DeadLetterSummary[]> {
  broken.add(target);
  for (let i = 0; i < count; i++)
    await world.tasks.queue.enqueue(reaching, { payload: { workspace: 'acme', target } });
  return eventually(async () => {
    const { items } = await list({ error: `reach ${target}` });
    expect(items).toHaveLength(count);
    return items;
  });
}

describe('dead letters', () => {
  it('are listed by what went wrong, page by page, and read with everything', async () => {
    const all = await letters('listed', 3);
    expect(all[0]).toMatchObject({
      kind: 'spec-reach',
      durable: 'spec-reach',
      workspace: 'acme',
      attempts: 1,
      error: { name: 'Permanent', message: 'cannot reach listed' },
      discarded: null,
    });
    const first = await list({ error: 'LISTED', kind: 'spec-reach', limit: '2' });
    const rest = await list({
      error: 'LISTED',
      kind: 'spec-reach',
      limit: '2',
      cursor: String(first.next),
    });
    expect([...first.items, ...rest.items]).toEqual(all);
    expect(rest.next).toBeNull();
    const others = { kind: 'mail', durable: 'other', since: '2999-01-01T00:00:00+02:00' };
    for (const [name, value] of Object.entries(others))
      expect((await list({ error: 'listed', [name]: value })).items).toEqual([]);

    const [newest] = all;
    const read = (await world.ask({ url: `${url}/${newest?.id}` })).json<DeadLetter>();
    expect(read).toMatchObject({
      id: newest?.id,
      subject: 'task.batch.spec-reach',
      headers: { 'formbus-kind': 'spec-reach' },
      payload: { workspace: 'acme', target: 'listed' },
    });
    expect(read.error.stack).toContain('cannot reach listed');
  });

  it('are tried again one at a time, and gone when that is durable', async () => {
    const [letter] = await letters('one', 1);
    broken.delete('one');
    const retried = await post(`/${letter?.id}/retry`);
    expect([retried.statusCode, retried.json()]).toEqual([200, { retried: 1, remaining: 0 }]);
    await eventually(async () => expect(await stateOf(letter?.task ?? null)).toBe('succeeded'));
    expect((await list({ error: 'cannot reach one' })).items).toEqual([]);
    expect((await post(`/${letter?.id}/retry`)).json()).toMatchObject({ code: 'dead_letter_not_found' });
  });

  it('are tried again by a condition, so many at a time, until none remains', async () => {
    const all = await letters('many', 3);
    broken.delete('many');
    const some = { error: 'cannot reach many', limit: 2 };
    expect((await post('/retry', some)).json()).toEqual({ retried: 2, remaining: 1 });
    expect((await post('/retry', some)).json()).toEqual({ retried: 1, remaining: 0 });
    expect((await post('/retry', some)).json()).toEqual({ retried: 0, remaining: 0 });
    for (const { task } of all) await eventually(async () => expect(await stateOf(task)).toBe('succeeded'));
  });

  it('are tried again by their ids, but for those that are gone', async () => {
    const [newest, oldest] = await letters('ids', 2);
    broken.delete('ids');
    const response = await post('/retry', { ids: [newest?.id, '999999999'] });
    expect(response.json()).toEqual({ retried: 1, remaining: 0 });
    expect((await list({ error: 'cannot reach ids' })).items).toMatchObject([{ id: oldest?.id }]);
  });

  it('are put away with who did it and why, and stay to be read', async () => {
    const [letter] = await letters('alone', 1);
    const discarded = await post(`/${letter?.id}/discard`, { reason: 'sent by hand' });
    expect([discarded.statusCode, discarded.json()]).toEqual([200, { discarded: 1, remaining: 0 }]);
    expect((await list({ error: 'alone' })).items).toEqual([]);
    const [kept] = (await list({ error: 'alone', discarded: 'true' })).items;
    expect(kept?.discarded).toMatchObject({
      actor: expect.stringMatching(/^key:/),
      reason: 'sent by hand',
    });
    expect((await post(`/${kept?.id}/retry`)).json()).toMatchObject({
      status: 409,
      code: 'dead_letter_discarded',
    });
  });

  it('are put away by a condition', async () => {
    await letters('away', 2);
    const all = { error: 'cannot reach away', kind: 'spec-reach', reason: 'the endpoint is gone' };
    expect((await post('/discard', all)).json()).toEqual({ discarded: 2, remaining: 0 });
    expect((await list({ error: 'away', discarded: 'true' })).items).toHaveLength(2);
  });

  it.each([
    ['/retry', {}],
    ['/retry', { limit: 10 }],
    ['/retry', { ids: ['1'], kind: 'mail' }],
    ['/retry', { ids: ['one'] }],
    ['/retry', { kind: 'mail', limit: 1001 }],
    ['/discard', { reason: 'all of them' }],
    ['/discard', { kind: 'mail' }],
    ['/1/discard', { reason: '' }],
  ])('are not dealt with by mistake: %s %j', async (path, payload) => {
    expect((await post(path, payload)).json()).toMatchObject({ status: 400, code: 'bad_request' });
  });
});
