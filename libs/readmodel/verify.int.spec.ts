import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '#tools/testing/eventually';
import { testDatabase } from '#tools/testing/mongo';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { Checkpoints } from './checkpoint.ts';
import type { StoredCollection } from './collection.ts';
import { onGeneration } from './generation.ts';
import type { Projection } from './projection.ts';
import { Projector } from './projector.ts';
import { accountsIn, type Account } from './testing/accounts.ts';
import { close, move, open } from './testing/events.ts';
import { openWorld, silent, type World } from './testing/world.ts';
import { verify, type Verification } from './verify.ts';

describe('verifying a read model', () => {
  let nats: TestNats;
  let world: World;
  let projection: Projection<Account>;
  let projector: Projector<Account>;

  beforeAll(async () => {
    nats = await startTestNats();
  });
  beforeEach(async () => {
    world = await openWorld({ nats: nats.url, mongo: testDatabase() });
    projection = accountsIn(world.workspace);
    projector = new Projector({ ...world, projection, logger: silent });
    for (const account of ['a', 'b', 'c']) await world.append(account, open(account), move(1), move(2));
    await world.append('gone', open(), close());
    projector.start();
    await caughtUp();
  });
  afterEach(async () => {
    await projector.stop();
    await world.close();
  });
  afterAll(() => nats.stop());

  const caughtUp = () =>
    eventually(() => expect(projector.status()).toMatchObject({ state: 'live', lag: 0 }));
  const verified = (): Promise<Verification> =>
    verify({ ...world, projection, signal: AbortSignal.timeout(50_000) });
  const tamper = async (change: (collection: StoredCollection) => Promise<unknown>): Promise<void> => {
    const generation = (await new Checkpoints(world.database).pointer(projection.name))?.active ?? '';
    await onGeneration(world.database, { projection: projection.name, generation }, change);
  };
  const scratches = () =>
    world.database.run(async (db) =>
      (await db.listCollections({}, { nameOnly: true }).toArray()).filter(({ name }) =>
        name.startsWith(projection.name),
      ),
    );

  it('finds it equal, under the same hash each time, and leaves nothing behind', async () => {
    const first = await verified();
    expect(first).toMatchObject({
      projection: projection.name,
      equal: true,
      documents: 3,
      differences: 0,
      differing: [],
    });
    expect(first.rebuiltHash).toBe(first.hash);
    expect(first.position).toBe(projector.status().position);
    expect((await verified()).hash).toBe(first.hash);
    expect(await scratches()).toHaveLength(1);
  });

  it('names what differs, what is missing and what should not be there', async () => {
    await tamper((collection) => collection.updateOne({ _id: 'a' }, { $set: { balance: 4 } }));
    await tamper((collection) => collection.deleteOne({ _id: 'b' }));
    await tamper((collection) => collection.insertOne({ _id: 'bb', _seq: 1 }));
    const found = await verified();
    expect(found).toMatchObject({ equal: false, documents: 3, differences: 3 });
    expect(found.differing).toEqual([
      { id: 'a', kind: 'different' },
      { id: 'b', kind: 'missing' },
      { id: 'bb', kind: 'unexpected' },
    ]);
    expect(found.rebuiltHash).not.toBe(found.hash);
  });

  it('finds a document that was written back to an earlier state, a deleted one that is back, and a lost one that is not hidden by a tombstone', async () => {
    await tamper((collection) => collection.updateOne({ _id: 'a' }, { $set: { _seq: 1 } }));
    await tamper((collection) => collection.replaceOne({ _id: 'gone' }, { _seq: 1 }));
    await tamper((collection) => collection.replaceOne({ _id: 'c' }, { _seq: 1, _deleted: true } as never));
    const found = await verified();
    expect(found.differing).toEqual([
      { id: 'a', kind: 'different' },
      { id: 'c', kind: 'missing' },
      { id: 'gone', kind: 'unexpected' },
    ]);
  });

  it('finds a difference in a document that has moved on behind the cut', async () => {
    await tamper((collection) => collection.updateOne({ _id: 'a' }, { $set: { owner: 'eve' } }));
    const before = projector.status().position;
    const slow: Projection<Account> = {
      ...projection,
      fold(document, event) {
        return projection.fold(document, event);
      },
    };
    const verifying = verify({
      ...world,
      projection: slow,
      signal: AbortSignal.timeout(50_000),
      log: {
        ...world.log,
        // The cut is taken; from here on the document moves on.
        async *follow(options) {
          await world.append('a', move(5));
          await world.append('new', open());
          await caughtUp();
          yield* world.log.follow(options);
        },
      },
    });
    expect(await verifying).toMatchObject({
      equal: false,
      position: before,
      differing: [{ id: 'a', kind: 'different' }],
    });
  });

  it('finds it equal while it is written on all the time', async () => {
    let appending = true;
    let appended = 0;
    const load = (async () => {
      for (; appending; appended++) {
        const account = `n${appended % 50}`;
        await Promise.all([
          world.append(account, open()),
          world.append('hot', open(), move(1)),
          world.append('a', move(1)),
        ]);
        await world.append(account, appended % 3 === 0 ? close() : move(appended));
      }
    })();
    await eventually(() => expect(appended).toBeGreaterThan(20));
    try {
      for (let round = 0; round < 3; round++) expect(await verified()).toMatchObject({ equal: true });
    } finally {
      appending = false;
      await load;
    }
    await caughtUp();
    expect(await verified()).toMatchObject({ equal: true });
  });

  it('does not compare a read model with the fold of another version', async () => {
    const next = accountsIn(world.workspace, { version: 2 });
    await expect(verify({ ...world, projection: next, signal: AbortSignal.timeout(50_000) })).rejects.toThrow(
      'is being built anew',
    );
  });

  it('does not find a projection that was never built', async () => {
    const other = accountsIn(world.workspace, { name: 'never' });
    await expect(
      verify({ ...world, projection: other, signal: AbortSignal.timeout(50_000) }),
    ).rejects.toThrow('never has no read model yet');
  });
});
