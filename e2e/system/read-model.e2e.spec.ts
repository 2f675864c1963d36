import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { subjects } from '#contracts/subjects';
import { connectBus, type Bus } from '#eventing/bus';
import { eventually } from '#tools/testing/eventually';
import { internalUrl, publishGuestBook, startWorld, type World } from './world.ts';

const FORM = 'guest-book';
const SUBMISSIONS = `/v1/forms/${FORM}/submissions`;
let world: World;
let bus: Bus;

beforeAll(async () => {
  world = await startWorld();
  const { natsUrl, natsToken } = world.system;
  bus = await connectBus({
    servers: natsUrl,
    name: 'spec',
    logger: pino({ level: 'silent' }),
    token: natsToken,
  });
  await publishGuestBook(world.client, FORM);
});

afterAll(async () => {
  await bus?.close();
  await world?.close();
});

interface Readiness {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly degraded?: boolean; readonly detail?: string }>>;
}

const readiness = async (): Promise<Readiness> =>
  (await (await fetch(internalUrl(world, 'forms', '/readyz'))).json()) as Readiness;
const metrics = async (): Promise<string> => (await fetch(internalUrl(world, 'forms', '/metrics'))).text();

/** Puts something on the log that is no event; gives its sequence. */
async function appendGarbage(): Promise<number> {
  const subject = subjects.submission('default', FORM, randomUUID());
  const reply = await bus.request(subject, Buffer.from('garbage'), { timeoutMs: 5_000 });
  return reply.json<{ seq: number }>().seq;
}

/** What an operator does who has found that the message is none of Formbus. */
async function removeFromLog(seq: number): Promise<void> {
  const asked = Buffer.from(JSON.stringify({ seq, no_erase: true }));
  const reply = await bus.request('$JS.API.STREAM.MSG.DELETE.EVENTS', asked, { timeoutMs: 5_000 });
  expect(reply.json()).toMatchObject({ success: true });
}

describe('a projection that meets an event that it cannot handle', () => {
  it('halts and says so, reads go on with their age, and it continues after the fix with nothing lost or repeated', async () => {
    const { client } = world;
    const before = await client.submit(FORM, { name: 'Before' });
    await client.getSubmission(FORM, before.body.id, before.position);
    const seq = await appendGarbage();
    const behind = await Promise.all(
      Array.from({ length: 20 }, (_, n) => client.submit(FORM, { name: `Behind ${n}` })),
    );

    // Readiness and metrics.
    await eventually(async () => {
      const { status, checks } = await readiness();
      expect(status).toBe('degraded');
      expect(checks['projection submissions']).toMatchObject({ degraded: true });
      expect(checks['projection submissions']?.detail).toContain('halted');
    });
    expect(await metrics()).toMatch(/^formbus_projection_halted\{.*projection="submissions".*\} 1$/m);
    expect((await readiness()).checks['projection forms']).not.toMatchObject({ degraded: true });

    // Reads go on, and say how old they are.
    await eventually(async () => {
      const page = await client.listSubmissions(FORM, { count: true });
      expect(page.body.total).toBe(1);
      expect(page.headers['formbus-read-model']).toBe('halted');
      expect(Number(page.headers['formbus-age'])).toBeGreaterThan(0);
    });
    const waiting = await client.exchange({
      method: 'GET',
      path: SUBMISSIONS,
      minPosition: behind.at(-1)?.position,
    });
    expect(waiting).toMatchObject({ status: 503, body: { code: 'read_model_behind' } });
    expect(waiting.headers['retry-after']).toBeDefined();
    // Writes go on, and the log answers for itself.
    expect((await client.getHistory(FORM, behind[0]?.body.id ?? '')).body.items).toHaveLength(1);

    await removeFromLog(seq);
    await eventually(
      async () => {
        const page = await client.listSubmissions(FORM, {
          count: true,
          minPosition: behind.at(-1)?.position,
        });
        expect(page.body.total).toBe(21);
        expect(page.headers['formbus-read-model']).toBeUndefined();
      },
      { timeoutMs: 40_000 },
    );
    await eventually(async () => expect((await readiness()).status).toBe('ok'));
    expect(await metrics()).toMatch(/^formbus_projection_halted\{.*projection="submissions".*\} 0$/m);
  });
});

describe('a MongoDB that hangs', () => {
  it('keeps no submission away; reads say 503 at once as soon as it is noticed, and come back with it', async () => {
    const { client, system } = world;
    const before = await client.listSubmissions(FORM, { count: true });
    const asked = async (): Promise<number> => {
      const started = performance.now();
      await expect(client.listSubmissions(FORM)).rejects.toMatchObject({ status: 503 });
      return performance.now() - started;
    };
    let position = '';
    system.kill('mongo', 'SIGSTOP');
    try {
      position = (await client.submit(FORM, { name: 'While it hangs' })).position;
      expect(await asked()).toBeLessThan(10_000);
      await eventually(async () => expect(await asked()).toBeLessThan(500), { timeoutMs: 20_000 });
      expect((await client.submit(FORM, { name: 'Once it is noticed' })).status).toBe(201);
    } finally {
      system.kill('mongo', 'SIGCONT');
    }
    await eventually(
      async () => {
        const { body } = await client.listSubmissions(FORM, { count: true, minPosition: position });
        expect(body.total).toBe((before.body.total ?? 0) + 2);
      },
      { timeoutMs: 30_000 },
    );
  });
});
