import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '#tools/testing/eventually';
import { testDatabase } from '#tools/testing/mongo';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import type { Projection } from './projection.ts';
import { Projector } from './projector.ts';
import { ReadModel } from './read-model.ts';
import { accountsIn, type Account } from './testing/accounts.ts';
import { move, open } from './testing/events.ts';
import { openWorld, silent, type World } from './testing/world.ts';

describe('a reader', () => {
  let nats: TestNats;
  let world: World;
  let elsewhere: World;
  let projection: Projection<Account>;
  let projector: Projector<Account>;
  let model: ReadModel<Account>;

  beforeAll(async () => {
    nats = await startTestNats();
  });
  beforeEach(async () => {
    const mongo = testDatabase();
    world = await openWorld({ nats: nats.url, mongo });
    elsewhere = await openWorld({ nats: nats.url, mongo });
    projection = accountsIn(world.workspace);
    model = new ReadModel({ ...world, projection });
    projector = new Projector({ ...world, projection, logger: silent });
    await world.append('a', open('ann'), move(1));
    await world.append('b', open('bob'), move(2));
  });
  afterEach(async () => {
    await projector.stop();
    model.close();
    await world.close();
    await elsewhere.close();
  });
  afterAll(() => nats.stop());

  async function live(): Promise<void> {
    projector.start();
    await eventually(async () =>
      expect(await model.freshness()).toMatchObject({ state: 'live', ageSeconds: 0 }),
    );
  }

  it('finds, sorts, limits and counts', async () => {
    await live();
    expect(await model.find({ owner: { $in: ['ann', 'bob'] } }, { sort: { balance: -1 } })).toMatchObject([
      { _id: 'b' },
      { _id: 'a' },
    ]);
    expect(await model.find({}, { sort: { _id: 1 }, limit: 1 })).toMatchObject([{ _id: 'a', owner: 'ann' }]);
    expect(await model.findOne({ owner: 'eve' })).toBeUndefined();
    expect([await model.count({}), await model.count({ owner: 'ann' })]).toEqual([2, 1]);
    expect(await (await model.collection()).findOne({ _id: 'b' })).toMatchObject({ owner: 'bob' });
  });

  it('is refused while there is nothing to read', async () => {
    await expect(model.find({})).rejects.toMatchObject({ code: 'read_model_unavailable', retryAfter: 2 });
    await expect(model.freshness()).rejects.toMatchObject({ code: 'read_model_unavailable' });
  });

  it('sees its own write when it waits for its position', async () => {
    await live();
    for (let n = 0; n < 20; n++) {
      const position = await world.append(`own-${n}`, open(), move(n));
      const freshness = await model.waitFor(position, 10_000);
      expect(Number(freshness.position.split('.')[1])).toBeGreaterThanOrEqual(Number(position.split('.')[1]));
      expect(await model.findOne({ _id: `own-${n}` })).toMatchObject({ moves: [n] });
    }
  });

  it('does not wait for a position at which the projection has nothing to fold', async () => {
    await live();
    await projector.stop();
    const foreign = await elsewhere.append('x', open());
    const started = performance.now();
    expect(await model.waitFor(foreign, 10_000)).toMatchObject({ state: 'live' });
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('waits for what lies below a position, though the position itself is not of the projection', async () => {
    await live();
    await projector.stop();
    await world.append('a', move(5));
    const foreign = await elsewhere.append('x', open());
    const waiting = model.waitFor(foreign, 20_000);
    projector = new Projector({ ...world, projection, logger: silent });
    projector.start();
    await waiting;
    expect(await model.findOne({ _id: 'a' })).toMatchObject({ moves: [1, 5] });
  });

  it('is told that the read model is behind when the time is up', async () => {
    await live();
    await projector.stop();
    const position = await world.append('a', move(5));
    const started = performance.now();
    await expect(model.waitFor(position, 300)).rejects.toMatchObject({
      code: 'read_model_behind',
      retryAfter: 1,
    });
    expect(performance.now() - started).toBeGreaterThanOrEqual(290);
    await eventually(async () => expect(await model.freshness()).toMatchObject({ state: 'behind' }));
    const first = (await model.freshness()).ageSeconds;
    await eventually(async () => expect((await model.freshness()).ageSeconds).toBeGreaterThan(first));
    expect(await model.findOne({ _id: 'a' })).toMatchObject({ moves: [1] });
  });

  it('hears that nothing is missing even when no projector runs', async () => {
    await live();
    await projector.stop();
    const late = new ReadModel({ ...world, projection });
    expect(await late.freshness()).toMatchObject({ state: 'live', ageSeconds: 0 });
    late.close();
  });

  it.each(['', 'x', '1', 'other.5'])(
    'is refused a position that Formbus never gave: %j',
    async (position) => {
      await live();
      await expect(model.waitFor(position, 100)).rejects.toMatchObject({ code: 'bad_position' });
    },
  );

  it('is refused a position beyond the end of the log, which would never come', async () => {
    await live();
    const started = performance.now();
    await expect(model.waitFor(`${world.log.epoch}.999999999`, 10_000)).rejects.toMatchObject({
      code: 'bad_position',
    });
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
