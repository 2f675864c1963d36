import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestMongo, type TestMongo } from '#tools/testing/mongo';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { eventually } from '#tools/testing/eventually';
import { inLanes } from '../client/lanes.ts';
import { internalUrl, pidsOf, publishGuestBook, startWorld, without, type World } from './world.ts';

const FORM = 'guest-book';
let nats: TestNats;
let mongo: TestMongo;
let world: World;

/** On a nats-server and a MongoDB of its own, so that each can be away for as long as the spec wants it to be. */
beforeAll(async () => {
  [nats, mongo] = await Promise.all([startTestNats(), startTestMongo()]);
  process.env.NATS_URL = nats.url;
  process.env.MONGODB_URI = mongo.uri;
  world = await startWorld();
  await publishGuestBook(world.client, FORM);
  const { position } = await world.client.submit(FORM, { name: 'Ada' });
  await world.client.listSubmissions(FORM, { minPosition: position });
});

afterAll(async () => {
  await world?.close();
  await Promise.all([nats?.stop(), mongo?.stop()]);
});

async function count(minPosition?: string): Promise<number> {
  const { body } = await world.client.listSubmissions(FORM, { count: true, limit: 1, minPosition });
  return body.total ?? 0;
}

/** The read model has caught up and holds so many. */
const eventuallyCounts = (expected: number, position: string): Promise<void> =>
  eventually(async () => expect(await count(position)).toBe(expected), { timeoutMs: 30_000 });

describe('while MongoDB is down', () => {
  it('submissions are accepted, reads say 503 with Retry-After, and the read model catches up afterwards', async () => {
    const { client } = world;
    const pids = pidsOf(world);
    const before = await count();
    const last = await without(mongo, async () => {
      await eventually(async () => {
        await expect(client.listSubmissions(FORM)).rejects.toMatchObject({ code: 'read_model_unavailable' });
      });
      const receipts = await Promise.all(
        Array.from({ length: 40 }, (_, n) => client.submit(FORM, { name: `Guest ${n}` })),
      );
      expect(receipts.every(({ status }) => status === 201)).toBe(true);
      const [first] = receipts;
      const position = receipts.at(-1)?.position ?? '';
      const path = `/v1/forms/${FORM}/submissions`;
      for (const minPosition of [undefined, position]) {
        const refused = await client.exchange({ method: 'GET', path, minPosition });
        expect(refused).toMatchObject({ status: 503, body: { code: expect.stringMatching(/^read_model_/) } });
        expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      }
      // The log answers for itself.
      expect((await client.getHistory(FORM, first?.body.id ?? '')).body.items).toHaveLength(1);
      return position;
    });
    await eventuallyCounts(before + 40, last);
    expect(pidsOf(world)).toEqual(pids);
  });
});

describe('while nats-server is down', () => {
  it('everything says 503 at once, with Retry-After, and goes on without a restart when it is back', async () => {
    const { client } = world;
    const pids = pidsOf(world);
    const before = await count();
    await without(nats, async () => {
      for (const call of [
        { method: 'POST', path: `/v1/forms/${FORM}/submissions`, body: { answers: { name: 'Late' } } },
        { method: 'GET', path: `/v1/forms/${FORM}/submissions` },
        { method: 'GET', path: `/v1/forms/${FORM}` },
      ] as const) {
        const asked = performance.now();
        const refused = await client.exchange(call);
        expect(performance.now() - asked).toBeLessThan(500);
        // What was on its way in the moment of the kill has an unknown outcome; everything after that has none.
        const code = expect.stringMatching(/^(bus_unavailable|outcome_unknown)$/) as unknown;
        expect(refused).toMatchObject({ status: 503, body: { code } });
        expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      }
      expect((await fetch(internalUrl(world, 'gateway', '/readyz'))).status).toBe(503);
    });
    const { position } = await eventually(() => client.submit(FORM, { name: 'Back' }), { timeoutMs: 20_000 });
    await eventuallyCounts(before + 1, position);
    expect(pidsOf(world)).toEqual(pids);
    await eventually(async () => {
      expect((await fetch(internalUrl(world, 'gateway', '/readyz'))).status).toBe(200);
    });
  });
});

describe('SIGKILL during ingest', () => {
  it.each(['forms', 'gateway'])(
    'of %s loses nothing that was acknowledged and doubles nothing',
    async (name) => {
      const patient = world.clientWith({ connections: 16, retryForMs: 30_000 });
      const before = await eventually(() => count(), { timeoutMs: 20_000 });
      const guests = Array.from({ length: 300 }, (_, n) => `${name} ${n}`);
      const ids = new Map<string, string>();
      let last = '';
      await inLanes(guests, 16, async (guest) => {
        const { body, position } = await patient.submit(FORM, { name: guest }, { idempotencyKey: guest });
        ids.set(guest, body.id);
        last = position;
        if (ids.size === 100) world.system.kill(name, 'SIGKILL');
      });
      expect(new Set(ids.values()).size).toBe(300);
      const repeats = await Promise.all(
        guests.map((guest) => patient.submit(FORM, { name: guest }, { idempotencyKey: guest })),
      );
      expect(repeats.filter(({ replayed }) => !replayed)).toEqual([]);
      expect(repeats.map(({ body }) => body.id)).toEqual(guests.map((guest) => ids.get(guest)));
      await eventuallyCounts(before + 300, last);
      await world.system.ready();
    },
  );
});
