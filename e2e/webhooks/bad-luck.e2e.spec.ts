import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import type { FormbusClient } from '../client/client.ts';
import {
  guestBook,
  internalUrl,
  pidsOf,
  publishGuestBook,
  startWorld,
  without,
  type World,
} from '../system/world.ts';
import { Arrivals } from './arrivals.ts';
import { deliveriesOf, SUBMITTED, subscribe } from './hooks.ts';
import { Receiver, type Answer } from './receiver.ts';

const PATIENCE = { timeoutMs: 60_000 };
let nats: TestNats;
let world: World;
/** Repeats what may be repeated. */
let patient: FormbusClient;
const open: Receiver[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  process.env.NATS_URL = nats.url;
  world = await startWorld({ WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' });
  patient = world.clientWith({ retryForMs: 60_000 });
});
afterEach(async () => {
  for (const receiver of open.splice(0)) await receiver.stop();
});
afterAll(async () => {
  await world?.close();
  await nats?.stop();
});

const receiver = async (answer?: Answer): Promise<Receiver> => {
  const started = await Receiver.start(answer);
  open.push(started);
  return started;
};
const submit = async (form: string, name: string): Promise<string> =>
  (await patient.submit(form, { name }, { idempotencyKey: `${form} ${name}` })).body.id;

describe('an ordered endpoint', () => {
  it('gets everything in order, though the notifier is killed whenever it hurts', async () => {
    const forms = Array.from({ length: 5 }, (_, n) => `ordered-${n}`);
    const expected = new Map<string, number>();
    const arrivals = new Arrivals();
    const kill = (): void => {
      if (pidsOf(world).has('notifier')) world.system.kill('notifier', 'SIGKILL');
    };
    const edit = async (form: string, edits: number): Promise<void> => {
      for (let n = 0; n < edits; n++) {
        const title = `Edit ${(expected.get(form) ?? 0) + 1}`;
        const { headers } = await world.client.editDraft(form, { ...guestBook, title }, '*');
        expected.set(form, Number(headers.etag?.replaceAll('"', '')));
      }
    };
    const target = await receiver((response, received) => {
      const times = arrivals.note(received, target.received);
      const { form, submission, version } = received.data;
      const isOf = (n: number): boolean => submission === undefined && form === forms[n];
      if (isOf(1) && version === 4 && times === 1) kill(); // in the middle of a request
      if (isOf(2) && version === 6 && times === 1) return response.writeHead(500).end();
      if (isOf(2) && version === 6 && times === 2) return kill(); // in the middle of its retry
      arrivals.take(received);
      return response.writeHead(204).end();
    });
    const hook = await subscribe(world.client, { url: target.url, ordered: true });
    const takesAll = (): Promise<void> =>
      eventually(() => expect(arrivals.taken).toEqual(expected), PATIENCE);

    await Promise.all(
      forms.map(async (form) => {
        await publishGuestBook(world.client, form);
        await edit(form, 3);
      }),
    );
    await takesAll();
    expect(target.received.length).toBeGreaterThan(expected.size * 5); // what was killed was sent again

    await Promise.all(forms.map((form) => edit(form, 3)));
    await eventually(
      async () => expect(await deliveriesOf(world.client, hook, 'retrying')).toHaveLength(1),
      PATIENCE,
    );
    kill(); // while one waits for its retry, and others behind it
    await Promise.all([
      ...forms.map((form) => edit(form, 2)),
      ...['Ada', 'Grace'].map(async (name) => expected.set(await submit(forms[2]!, name), 1)),
    ]);
    await takesAll();
    const { tooEarly, doubled } = arrivals;
    expect({ tooEarly, doubled }).toEqual({ tooEarly: [], doubled: [] });
    await world.system.ready();
  });
});

describe('an endpoint without order', () => {
  it('gets everything though the notifier is killed meanwhile', async () => {
    const form = 'guests';
    await publishGuestBook(world.client, form);
    const target = await receiver();
    await subscribe(world.client, { url: target.url, form, types: [SUBMITTED] });
    const ids: string[] = [];
    for (let n = 0; n < 30; n++) {
      ids.push(await submit(form, `n${n}`));
      if (n === 10) world.system.kill('notifier', 'SIGKILL');
    }
    await eventually(() => expect(new Set(target.submissions)).toEqual(new Set(ids)), PATIENCE);
    await world.system.ready();
    expect(new Set(target.received.map(({ id }) => id)).size).toBe(ids.length);
  });
});

describe('while nats-server is killed and started again', () => {
  const delivering = async (): Promise<string | undefined> => {
    const ready = await fetch(internalUrl(world, 'notifier', '/readyz'));
    const { checks } = (await ready.json()) as { checks: { webhooks?: { detail?: string } } };
    return checks.webhooks?.detail;
  };
  const outages = [
    ['at once', () => Promise.resolve()],
    [
      'after the lease was lost',
      () => eventually(async () => expect(await delivering()).toBe('standing by'), PATIENCE),
    ],
  ] as const;

  it.each(outages)('%s, no delivery is lost: they go on by themselves', async (when, away) => {
    const form = `guests-${when.replaceAll(' ', '-')}`;
    await publishGuestBook(world.client, form);
    const outage = Promise.withResolvers<void>();
    const target = await receiver((response, { id }, count) => {
      if (count === 1) return response.writeHead(500).end();
      if (id === target.received[0]?.id) return response.writeHead(204).end();
      return void outage.promise.then(() => response.writeHead(204).end());
    });
    const hook = await subscribe(world.client, { url: target.url, form, types: [SUBMITTED] });
    const pids = pidsOf(world);
    const ids = [await submit(form, 'first')];
    const countsAs = (state: string, count: number): Promise<void> =>
      eventually(
        async () => expect(await deliveriesOf(world.client, hook, state)).toHaveLength(count),
        PATIENCE,
      );
    await countsAs('retrying', 1);
    const several = (named: string): Promise<string[]> =>
      Promise.all(Array.from({ length: 20 }, (_, n) => submit(form, `${named} ${n}`)));
    ids.push(...(await several('before')));
    await eventually(() => expect(target.received.length).toBeGreaterThan(4), PATIENCE);
    const { during } = await without(nats, async () => {
      outage.resolve(); // what is answered now can be recorded by nobody
      await away();
      return { during: several('during') }; // acknowledged when there is a server again
    });
    ids.push(...(await during), ...(await several('after')));
    await countsAs('delivered', ids.length);
    const messages = new Map(target.received.map(({ id, data }) => [id, data.submission]));
    expect([...messages.values()].sort()).toEqual([...ids].sort());
    expect(pidsOf(world)).toEqual(pids);
  });
});
