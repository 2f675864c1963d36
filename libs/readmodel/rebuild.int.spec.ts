import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { eventually } from '#tools/testing/eventually';
import { testDatabase } from '#tools/testing/mongo';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { Checkpoints } from './checkpoint.ts';
import { collectionName, createGeneration, dropAbandoned } from './generation.ts';
import { Leader } from './leader.ts';
import type { Projection } from './projection.ts';
import { Projector } from './projector.ts';
import { ReadModel } from './read-model.ts';
import { rebuild } from './rebuild.ts';
import { accountsIn, type Account } from './testing/accounts.ts';
import { move, open } from './testing/events.ts';
import { openWorld, silent, type World } from './testing/world.ts';
import { verify } from './verify.ts';

describe('a read model that is built anew', () => {
  let nats: TestNats;
  let world: World;
  let projection: Projection<Account>;
  let model: ReadModel<Account>;
  let checkpoints: Checkpoints;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    nats = await startTestNats();
  });
  beforeEach(async () => {
    world = await openWorld({ nats: nats.url, mongo: testDatabase() });
    projection = accountsIn(world.workspace);
    model = new ReadModel({ ...world, projection });
    checkpoints = new Checkpoints(world.database);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    model.close();
    await world.close();
  });
  afterAll(() => nats.stop());

  function start(changed: Projection<Account> = projection, log = world.log): Projector<Account> {
    const projector = new Projector({
      ...world,
      log,
      projection: changed,
      logger: silent,
      leaseMs: 2000,
      retryMs: 200,
    });
    projector.start();
    ends.push(() => projector.stop());
    return projector;
  }
  const live = (projector: Projector<Account>) =>
    eventually(() => expect(projector.status()).toMatchObject({ state: 'live', lag: 0 }));
  const active = async (): Promise<string | null | undefined> =>
    (await checkpoints.pointer(projection.name))?.active;
  const collections = () =>
    world.database.run(async (db) =>
      (await db.listCollections({}, { nameOnly: true }).toArray())
        .map(({ name }) => name)
        .filter((name) => name.startsWith(projection.name)),
    );
  const wait = async (position: string) => await eventually(() => model.waitFor(position, 5000));

  it('because its version was raised is swapped in when it has caught up; the old one is read until then', async () => {
    await world.append('a', open('ann'), move(1));
    const first = start();
    await live(first);
    const before = await active();
    await first.stop();

    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = {
      ...world.log,
      async *follow(options: Parameters<typeof world.log.follow>[0]) {
        for await (const batch of world.log.follow(options)) {
          await held;
          yield batch;
        }
      },
    };
    const shouting: Projection<Account> = {
      ...accountsIn(world.workspace, { version: 2 }),
      fold(document, event) {
        const after = projection.fold(document, event);
        return after && { ...after, owner: after.owner.toUpperCase() };
      },
    };
    const second = start(shouting, slow);
    await eventually(() => expect(second.status().state).toBe('rebuilding'));
    expect(await model.findOne({ _id: 'a' })).toMatchObject({ owner: 'ann' });
    await eventually(async () => expect(await model.freshness()).toMatchObject({ state: 'behind' }));
    release();
    await live(second);
    await eventually(async () => expect(await model.findOne({ _id: 'a' })).toMatchObject({ owner: 'ANN' }));
    expect(await active()).not.toBe(before);
    expect(await active()).toMatch(/^v2_/);
  });

  it('because its documents are lost is not mistaken for an empty one meanwhile', async () => {
    await world.append('a', open(), move(1));
    const projector = start();
    await live(projector);
    const before = (await active()) ?? '';
    await world.database.run((db) => db.collection(collectionName(projection.name, before)).drop());
    await expect(model.findOne({ _id: 'a' })).rejects.toMatchObject({ code: 'read_model_unavailable' });
    await wait(await world.append('a', move(2)));
    await eventually(async () => expect(await model.findOne({ _id: 'a' })).toMatchObject({ moves: [1, 2] }));
    expect(await active()).not.toBe(before);
  });

  it('because the whole database is lost holds the same documents as before', async () => {
    await world.append('a', open(), move(1));
    const last = await world.append('b', open(), move(2));
    const projector = start();
    await live(projector);
    const { hash } = await verify({ ...world, projection, signal: AbortSignal.timeout(30_000) });
    await world.database.run((db) => db.dropDatabase());
    await eventually(async () => expect(await active()).toBeTruthy());
    await live(projector);
    await wait(last);
    expect((await verify({ ...world, projection, signal: AbortSignal.timeout(30_000) })).hash).toBe(hash);
  });

  it('because the log was restored under a new epoch starts from the beginning', async () => {
    await world.append('a', open(), move(1));
    const first = start();
    await live(first);
    await first.stop();
    const restored = { ...world.log, epoch: 'restored' };
    const reader = new ReadModel({ ...world, log: restored, projection });
    ends.push(() => Promise.resolve(reader.close()));
    expect(await reader.freshness()).toMatchObject({ state: 'behind' });
    await live(start(projection, restored));
    await eventually(async () =>
      expect(await reader.freshness()).toMatchObject({
        state: 'live',
        position: expect.stringMatching(/^restored\./),
      }),
    );
    await expect(reader.waitFor(`${world.log.epoch}.1`, 100)).rejects.toMatchObject({ code: 'bad_position' });
  });

  it('because its checkpoint is ahead of the log starts from the beginning', async () => {
    await world.append('a', open());
    const first = start();
    await live(first);
    await first.stop();
    const before = await active();
    await world.database.run((db) =>
      db.collection('checkpoints').updateMany({ projection: projection.name }, { $set: { seq: 1_000_000 } }),
    );
    await live(start());
    expect(await active()).not.toBe(before);
  });

  it('on request is swapped in while the other is written on, and readers never go back', async () => {
    const projector = start();
    await live(projector);
    await world.append('a', open());
    let appending = true;
    const writing = (async () => {
      for (let n = 0; appending; n++) await wait(await world.append('a', move(n % 10)));
    })();
    const seen: number[] = [];
    const reading = (async () => {
      for (; appending; await setImmediate())
        seen.push(Number((await model.freshness()).position.split('.')[1]));
    })();
    const before = await active();
    const done = await rebuild({ database: world.database, projection, signal: AbortSignal.timeout(30_000) });
    appending = false;
    await Promise.all([writing, reading]);
    expect(done).toMatchObject({ projection: projection.name, before, generation: await active() });
    expect(done.generation).not.toBe(before);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(await verify({ ...world, projection, signal: AbortSignal.timeout(30_000) })).toMatchObject({
      equal: true,
      documents: 1,
    });
  });

  it('on request is built once, even if the holder looks for requests while it is swapped in', async () => {
    await world.append('a', open());
    const first = start();
    await live(first);
    await first.stop();
    const [looked, swapped] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let [looks, swaps] = [0, 0];
    class Slow extends Checkpoints {
      override async pointer(name: string) {
        const pointer = await super.pointer(name);
        looks++;
        looked.resolve();
        await swapped.promise;
        return pointer;
      }
      override async activate(...args: Parameters<Checkpoints['activate']>) {
        await looked.promise;
        await super.activate(...args);
        swaps++;
        swapped.resolve();
      }
    }
    await checkpoints.request(projection.name, 'r');
    const ending = new AbortController();
    const token = ((await checkpoints.pointer(projection.name))?.token ?? 0) + 1;
    const leader = new Leader({
      ...world,
      checkpoints: new Slow(world.database),
      projection,
      logger: silent,
      token,
      force: false,
      signal: ending.signal,
      onStep: () => undefined,
    });
    const running = leader.run();
    await eventually(() => expect(looks).toBeGreaterThan(1));
    expect(swaps).toBe(1);
    expect((await checkpoints.all(projection.name)).map(({ state }) => state)).not.toContain('building');
    ending.abort();
    await running;
  });

  it('on request and in vain leaves the one alone that is read', async () => {
    await world.append('a', open(), move(1));
    let broken = false;
    const projector = start({
      ...projection,
      fold(document, event) {
        if (broken && event.subject.endsWith('.a')) throw new Error('its key is missing');
        return projection.fold(document, event);
      },
    });
    await live(projector);
    broken = true;
    await expect(
      rebuild({ database: world.database, projection, signal: AbortSignal.timeout(30_000) }),
    ).rejects.toThrow('given up');
    await wait(await world.append('b', open(), move(2)));
    expect(projector.status().state).toBe('live');
    expect(await model.find({}, { sort: { _id: 1 } })).toMatchObject([{ moves: [1] }, { moves: [2] }]);
    await eventually(async () =>
      expect(await collections()).toEqual([collectionName(projection.name, (await active()) ?? '')]),
    );
  });

  it('on request whose place another one has taken waits for what comes of that one', async () => {
    const lease = { token: 1, epoch: world.log.epoch };
    await checkpoints.claim(projection.name, lease);
    const build = () =>
      createGeneration(world.database, checkpoints, projection, { ...lease, state: 'building' });
    const read = await build();
    await checkpoints.activate(read, null);
    const begun = await build();
    let looks = 0;
    const done = rebuild({
      database: world.database,
      projection,
      signal: AbortSignal.timeout(30_000),
      onProgress: () => looks++,
    });
    done.catch(() => undefined);
    await eventually(() => expect(looks).toBeGreaterThan(0));
    await checkpoints.request(projection.name, 'another');
    const before = looks;
    // The second look from now on has begun after the request.
    await eventually(() => expect(looks).toBeGreaterThan(before + 1), { timeoutMs: 10_000 });
    await checkpoints.activate(begun, 'another');
    expect(await done).toMatchObject({ before: read.generation, generation: begun.generation });
  });

  it('and broken off is gone on with, not begun again', async () => {
    await world.append('a', open(), move(1));
    await checkpoints.claim(projection.name, { token: 0, epoch: world.log.epoch });
    const begun = await createGeneration(world.database, checkpoints, projection, {
      epoch: world.log.epoch,
      token: 0,
      state: 'building',
    });
    await live(start());
    expect(await active()).toBe(begun.generation);
    expect(await model.findOne({ _id: 'a' })).toMatchObject({ moves: [1] });
  });

  it('leaves nothing behind but what may still be read', async () => {
    await live(start());
    const current = (await active()) ?? '';
    const old = (state: string, minutes: number) => ({
      state,
      updatedAt: new Date(Date.now() - minutes * 60_000),
    });
    const add = async (change: object): Promise<string> => {
      const { _id, generation } = await createGeneration(world.database, checkpoints, projection, {
        epoch: 'e',
        token: 0,
        state: 'building',
      });
      await world.database.run((db) =>
        db.collection<{ _id: string }>('checkpoints').updateOne({ _id }, { $set: change }),
      );
      return generation;
    };
    const kept = [await add(old('retired', 0.5)), await add(old('scratch', 30)), current];
    await add(old('retired', 2));
    await add(old('scratch', 90));
    await add({});
    await world.database.run((db) => db.createCollection(`${projection.name}.v1_00000000`));
    await dropAbandoned(world.database, checkpoints, projection.name, new Set([current]));
    expect((await collections()).sort()).toEqual(
      kept.map((generation) => collectionName(projection.name, generation)).sort(),
    );
  });
});
