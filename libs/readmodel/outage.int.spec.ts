import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '#tools/testing/eventually';
import { startTestMongo, type TestMongo } from '#tools/testing/mongo';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import type { Projection } from './projection.ts';
import { Projector } from './projector.ts';
import { ReadModel } from './read-model.ts';
import { accountsIn, type Account } from './testing/accounts.ts';
import { move, open } from './testing/events.ts';
import { openWorld, silent, type World } from './testing/world.ts';
import { verify } from './verify.ts';

const PATIENT = { timeoutMs: 60_000 };

describe('a projection in an outage', () => {
  let nats: TestNats;
  let mongo: TestMongo;
  let world: World;
  let projection: Projection<Account>;
  let projector: Projector<Account>;
  let model: ReadModel<Account>;

  beforeAll(async () => {
    [nats, mongo] = await Promise.all([startTestNats(), startTestMongo()]);
  });
  beforeEach(async () => {
    world = await openWorld({
      nats: nats.url,
      mongo: { uri: mongo.uri, name: `outage${Math.floor(Math.random() * 1e9)}` },
    });
    projection = accountsIn(world.workspace);
    model = new ReadModel({ ...world, projection });
    projector = new Projector({ ...world, projection, logger: silent, leaseMs: 2000 });
  });
  afterEach(async () => {
    await projector.stop();
    model.close();
    await world.close();
  });
  afterAll(() => Promise.all([nats.stop(), mongo.stop()]));

  const live = () =>
    eventually(() => expect(projector.status()).toMatchObject({ state: 'live', lag: 0 }), PATIENT);
  const equal = async (documents: number): Promise<void> =>
    expect(await verify({ ...world, projection, signal: AbortSignal.timeout(60_000) })).toMatchObject({
      equal: true,
      documents,
    });

  it('of MongoDB waits, and goes on where it was', async () => {
    projector.start();
    await live();
    await world.append('a', open(), move(1));
    await mongo.kill();
    await world.append('a', move(2));
    await eventually(
      () =>
        expect(projector.status()).toMatchObject({ state: 'waiting', reason: 'MongoDB cannot be reached' }),
      PATIENT,
    );
    await expect(model.find({})).rejects.toMatchObject({ code: 'read_model_unavailable' });
    const last = await world.append('a', move(3));
    await eventually(() => expect(projector.status().lag).toBeGreaterThan(0));
    await mongo.restart();
    await live();
    await eventually(() => model.waitFor(last, 5000), PATIENT);
    expect(await model.findOne({ _id: 'a' })).toMatchObject({ moves: [1, 2, 3] });
  });

  it('that was there before the start is waited for', async () => {
    await mongo.kill();
    await world.append('a', open(), move(1));
    projector.start();
    await eventually(() => expect(projector.status().state).toBe('waiting'), PATIENT);
    await mongo.restart();
    await live();
    expect(await model.findOne({ _id: 'a' })).toMatchObject({ moves: [1] });
  });

  it('of MongoDB, killed again and again in the middle of batches, loses and repeats nothing', async () => {
    let appending = true;
    const counts = new Map<string, number>();
    let last = '';
    const load = (async () => {
      for (let n = 0; appending; n++) {
        const accounts = Array.from({ length: 20 }, (_, at) => `acc-${(n * 7 + at * 3) % 90}`);
        await Promise.all(
          [...new Set([...accounts, 'hot'])].map(async (account) => {
            const count = counts.get(account) ?? 0;
            counts.set(account, count + 1);
            last = await world.append(account, ...(count === 0 ? [open()] : [move(count)]));
          }),
        );
      }
    })();
    try {
      projector.start();
      for (let round = 0; round < 4; round++) {
        const folded = projector.status().position;
        await eventually(() => expect(projector.status().position).not.toBe(folded), PATIENT);
        await mongo.kill();
        await mongo.restart();
      }
      await eventually(() => expect(projector.status().state).toBe('live'), PATIENT);
    } finally {
      appending = false;
      await load;
    }
    await eventually(() => model.waitFor(last, 5000), PATIENT);
    const documents = await eventually(() => model.find({}), PATIENT);
    expect(new Map(documents.map(({ _id, moves }) => [_id, moves]))).toEqual(
      new Map(
        [...counts].map(([account, count]) => [
          account,
          Array.from({ length: count - 1 }, (_, at) => at + 1),
        ]),
      ),
    );
    await equal(counts.size);
  });

  it('of the log waits, and goes on where it was', async () => {
    projector.start();
    await live();
    const first = await world.append('a', open(), move(1));
    await eventually(() => model.waitFor(first, 5000), PATIENT);
    await nats.kill();
    await eventually(() => expect(world.bus.connected).toBe(false), PATIENT);
    expect(await model.find({})).toMatchObject([{ _id: 'a' }]);
    await nats.restart();
    const last = await eventually(() => world.append('a', move(2)), PATIENT);
    await eventually(() => model.waitFor(last, 5000), PATIENT);
    expect(await model.findOne({ _id: 'a' })).toMatchObject({ moves: [1, 2] });
  });
});
