import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { register } from 'prom-client';
import type { Upcaster } from '#contracts/event';
import { eventually } from '#tools/testing/eventually';
import { testDatabase } from '#tools/testing/mongo';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import type { Projection } from './projection.ts';
import { Projector, type ProjectorOptions } from './projector.ts';
import { ReadModel } from './read-model.ts';
import { ACCOUNT_EVENTS, accountsIn, moved, UNLUCKY, type Account } from './testing/accounts.ts';
import { close, move, note, open } from './testing/events.ts';
import { openWorld, silent, type World } from './testing/world.ts';

describe('a projector', () => {
  let nats: TestNats;
  let world: World;
  let mongo: ReturnType<typeof testDatabase>;
  let projection: Projection<Account>;
  let model: ReadModel<Account>;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    nats = await startTestNats();
  });
  beforeEach(async () => {
    mongo = testDatabase();
    world = await openWorld({ nats: nats.url, mongo });
    projection = accountsIn(world.workspace);
    model = new ReadModel({ ...world, projection });
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    model.close();
    await world.close();
  });
  afterAll(() => nats.stop());

  function start(options: Partial<ProjectorOptions<Account>> = {}): Projector<Account> {
    const projector = new Projector({
      ...world,
      projection,
      logger: silent,
      leaseMs: 2000,
      retryMs: 200,
      ...options,
    });
    projector.start();
    ends.push(() => projector.stop());
    return projector;
  }
  const live = (projector: Projector<Account>) =>
    eventually(() => expect(projector.status()).toMatchObject({ state: 'live', lag: 0 }));
  const metric = async (name: string): Promise<number | undefined> => {
    const found = await register.getSingleMetric(`formbus_projection_${name}`)?.get();
    return found?.values.find(({ labels }) => labels.projection === projection.name)?.value;
  };

  it('folds what was there before it and what comes after it', async () => {
    await world.append('a', open('ann'), move(5));
    const projector = start();
    await live(projector);
    expect(await model.findOne({ _id: 'a' })).toMatchObject({ owner: 'ann', balance: 5, moves: [5] });
    await model.waitFor(await world.append('a', move(7), note()), 5000);
    expect(await model.findOne({ _id: 'a' })).toMatchObject({ moves: [5, 7], version: 3 });
    expect(await metric('active')).toBe(1);
    expect(await metric('events_total')).toBe(3);
  });

  it('hides what was deleted, and begins it anew', async () => {
    start();
    await eventually(() => model.freshness());
    await model.waitFor(await world.append('a', open('ann'), move(1)), 5000);
    await model.waitFor(await world.append('a', close()), 5000);
    expect(await model.findOne({ _id: 'a' })).toBeUndefined();
    expect(await model.count({})).toBe(0);
    await model.waitFor(await world.append('a', move(2), open('bob'), move(3)), 5000);
    expect(await model.find({})).toMatchObject([{ _id: 'a', owner: 'bob', moves: [3] }]);
    expect(await model.count({})).toBe(1);
  });

  it('goes on from its checkpoint when it starts again, without losing or repeating anything', async () => {
    const first = start();
    await live(first);
    await world.append('a', open(), move(1));
    await first.stop();
    await world.append('a', move(2));
    await live(start());
    await model.waitFor(await world.append('a', move(3)), 5000);
    expect(await model.findOne({ _id: 'a' })).toMatchObject({ moves: [1, 2, 3] });
  });

  describe('with others standing by', () => {
    async function another(): Promise<{ world: World; projector: Projector<Account> }> {
      const other = await openWorld({ nats: nats.url, mongo, workspace: world.workspace });
      ends.push(() => other.close());
      return { world: other, projector: start({ ...other }) };
    }

    it('lets one write at a time, and hands over at once when it stops', async () => {
      const first = start();
      await live(first);
      const second = (await another()).projector;
      await world.append('a', open(), move(1));
      expect(second.status().state).toBe('standby');
      await first.stop();
      await live(second);
      await model.waitFor(await world.append('a', move(2)), 5000);
      expect(await model.findOne({ _id: 'a' })).toMatchObject({ moves: [1, 2] });
    });

    it('hands over when it loses its connection to the log', async () => {
      const { world: lost, projector: first } = await another();
      await live(first);
      const second = start();
      await world.append('a', open(), move(1));
      await lost.bus.nc.close();
      await live(second);
      await model.waitFor(await world.append('a', move(2)), 5000);
      expect(await model.findOne({ _id: 'a' })).toMatchObject({ moves: [1, 2] });
    });
  });

  describe('at an event that it cannot handle', () => {
    const halted = (projector: Projector<Account>) =>
      eventually(() => expect(projector.status().state).toBe('halted'));

    it('halts with everything before it written, says so, and goes on after the fix', async () => {
      await world.append('a', open(), move(1));
      const poison = await world.append('a', move(UNLUCKY));
      const behind = await world.append('b', open(), move(2));
      const projector = start();
      await halted(projector);
      expect(projector.status().reason).toMatch(
        /cannot handle test\.account\.moved\.v1 \(.+\) at .+: thirteen is bad luck/,
      );
      expect(projector.status().reason).toContain(poison);
      await eventually(async () => expect(await metric('halted')).toBe(1));

      await projector.stop();
      const fixed: Projection<Account> = {
        ...projection,
        fold: (document, event) =>
          (event.data as { amount?: number }).amount === UNLUCKY
            ? document
            : projection.fold(document, event),
      };
      const after = start({ projection: fixed });
      await live(after);
      await eventually(() => model.waitFor(behind, 5000));
      expect(await model.find({}, { sort: { _id: 1 } })).toMatchObject([
        { _id: 'a', moves: [1] },
        { _id: 'b', moves: [2] },
      ]);
      expect(await metric('halted')).toBe(0);
    });

    it('serves what it has meanwhile, with its age, and does not let anyone wait for what is behind', async () => {
      const before = await world.append('a', open(), move(1));
      const projector = start({ retryMs: 60_000 });
      await live(projector);
      const poison = await world.append('a', move(UNLUCKY));
      await halted(projector);
      await eventually(async () =>
        expect(await model.freshness()).toMatchObject({ state: 'halted', position: before }),
      );
      // Why is for operators: the event may be another workspace's.
      expect(projector.status().reason).toContain('thirteen is bad luck');
      expect(JSON.stringify(await model.freshness())).not.toContain('bad luck');
      expect(await model.waitFor(before, 100)).toMatchObject({ state: 'halted' });
      await expect(model.waitFor(poison, 20_000)).rejects.toMatchObject({
        code: 'read_model_behind',
        retryAfter: 30,
        message: expect.not.stringContaining('bad luck'),
      });
      expect(await model.findOne({ _id: 'a' })).toMatchObject({ moves: [1] });
      const first = (await model.freshness()).ageSeconds;
      await eventually(async () => expect((await model.freshness()).ageSeconds).toBeGreaterThan(first));
    });

    it('leaves word for those who come when nobody sends notices', async () => {
      const before = await world.append('a', open());
      await world.append('a', move(UNLUCKY));
      const projector = start({ retryMs: 60_000 });
      await halted(projector);
      await projector.stop();
      const late = new ReadModel({ ...world, projection });
      ends.push(() => Promise.resolve(late.close()));
      expect(await late.freshness()).toMatchObject({
        state: 'halted',
        position: before,
      });
      await expect(late.waitFor(await world.append('b', open()), 20_000)).rejects.toMatchObject({
        code: 'read_model_behind',
      });
    });

    it('goes on by itself when the cause is gone', async () => {
      let broken = true;
      const fickle: Projection<Account> = {
        ...projection,
        fold(document, event) {
          if (broken && event.subject.endsWith('.b')) throw new Error('a key is missing');
          return projection.fold(document, event);
        },
      };
      await world.append('a', open(), move(1));
      await world.append('b', open(), move(2));
      const last = await world.append('c', open(), move(3));
      const projector = start({ projection: fickle });
      await halted(projector);
      broken = false;
      await live(projector);
      await eventually(() => model.waitFor(last, 5000));
      expect(await model.find({}, { sort: { _id: 1 } })).toMatchObject([
        { moves: [1] },
        { moves: [2] },
        { moves: [3] },
      ]);
    });

    it('halts at an unknown version of a type that it folds', async () => {
      const movedV2 = { ...moved, version: 2 };
      const upcast: Upcaster = {
        from: 'test.account.moved.v1',
        to: 'test.account.moved.v2',
        upcast: (data) => data,
      };
      const newer = await openWorld({
        nats: nats.url,
        mongo,
        workspace: world.workspace,
        events: [...ACCOUNT_EVENTS, movedV2],
        upcasters: [upcast],
      });
      ends.push(() => newer.close());
      await world.append('a', open());
      await newer.append('a', { type: 'test.account.moved.v2', data: { amount: 1 } } as never);
      const projector = start();
      await halted(projector);
      expect(projector.status().reason).toMatch(
        /test\.account\.moved\.v2 .*this version of the type is not known here/,
      );
      await projector.stop();
      await live(
        start({
          ...newer,
          projection: {
            ...projection,
            types: [...projection.types, 'test.account.moved.v2'],
            fold: (document, event) =>
              projection.fold(document, { ...event, type: event.type.replace('v2', 'v1') }),
          },
        }),
      );
      expect(await model.findOne({ _id: 'a' })).toMatchObject({ owner: 'ann' });
    });

    it('halts at an event that cannot be decoded, and passes over one of a type that it does not fold', async () => {
      await world.append('a', open(), move(1));
      await world.damaged('b', 'test.account.noted.v1');
      await world.append('a', move(2));
      await world.damaged('b', 'test.account.moved.v1');
      const projector = start();
      await halted(projector);
      expect(projector.status().reason).toMatch(/cannot handle test\.account\.moved\.v1 .*cannot be decoded/);
      expect(await model.findOne({ _id: 'a' })).toMatchObject({ moves: [1, 2] });
    });

    it('halts at the event that makes a document too large, and not before', async () => {
      const megabytes = 'x'.repeat(6 * 1024 * 1024);
      await world.append('a', open());
      await world.append('a', move(1, megabytes));
      const before = await world.append('a', move(2, megabytes));
      const large = await world.append('a', move(3, megabytes));
      await world.append('b', open());
      const projector = start();
      await halted(projector);
      expect(projector.status()).toMatchObject({ position: before });
      expect(projector.status().reason).toContain(large);
      expect(projector.status().reason).toMatch(/over the limit of 16 MB/);
    });

    it('halts at an event that would break a unique index, but not when the value is freed in the same batch', async () => {
      const unique: Projection<Account> = {
        ...projection,
        indexes: [{ name: 'one_owner', key: { owner: 1 }, unique: true }],
      };
      await world.append('a', open('ann'));
      await world.append('b', open('bob'));
      const projector = start({ projection: unique });
      await live(projector);
      await Promise.all([world.append('c', open('cid')), world.append('d', open('dan'))]);
      await world.append('a', open('eve'));
      await model.waitFor(await world.append('c', close()), 5000);
      await model.waitFor(await world.append('d', close()), 5000);
      await projector.stop();
      await world.append('a', open('kit'));
      await world.append('f', open('eve'));
      const again = start({ projection: unique });
      await live(again);
      const twice = await world.append('g', open('bob'));
      await halted(again);
      expect(again.status().reason).toContain(twice);
      expect(await model.count({ owner: 'bob' })).toBe(1);
    });
  });
});
