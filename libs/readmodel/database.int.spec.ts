import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '#tools/testing/eventually';
import { startTestMongo, testDatabase, type TestMongo } from '#tools/testing/mongo';
import { connectDatabase, type Database } from './database.ts';
import { silent } from './testing/world.ts';

const count = (database: Database): Promise<number> =>
  database.run((db) => db.collection('things').countDocuments());
const unavailable = { code: 'read_model_unavailable', retryAfter: 2 };

describe('a database', () => {
  it('that is not there does not hold up the start, and is refused at once', async () => {
    const database = connectDatabase({ uri: 'mongodb://127.0.0.1:9', logger: silent });
    const started = performance.now();
    await expect(count(database)).rejects.toMatchObject(unavailable);
    expect(performance.now() - started).toBeLessThan(500);
    expect(database.available).toBe(false);
    await database.close();
  });

  it('says that a query over its time is too much, and passes other errors on', async () => {
    const database = connectDatabase({ ...testDatabase(), logger: silent });
    await database.whenAvailable(AbortSignal.timeout(10_000));
    await database.run((db) =>
      db.collection('things').insertMany(Array.from({ length: 200 }, (_, n) => ({ n }))),
    );
    const crossed = ['a', 'b', 'c', 'd'].flatMap((as) => [
      { $lookup: { from: 'things', pipeline: [], as } },
      { $unwind: `$${as}` },
    ]);
    const slow = database.run((db) =>
      db
        .collection('things')
        .aggregate([...crossed, { $count: 'all' }], { maxTimeMS: 20 })
        .toArray(),
    );
    await expect(slow).rejects.toMatchObject({ code: 'overloaded', retryAfter: 2 });
    await expect(
      database.run((db) =>
        db
          .collection('things')
          .aggregate([{ $nonsense: 1 }])
          .toArray(),
      ),
    ).rejects.toMatchObject({ name: 'MongoServerError' });
    await database.close();
  });

  describe('that is killed', () => {
    let mongo: TestMongo;
    beforeAll(async () => {
      mongo = await startTestMongo();
    });
    afterAll(() => mongo.stop());

    it('is refused quickly, then at once, and is there again by itself', async () => {
      const database = connectDatabase({ uri: mongo.uri, name: 'killed', logger: silent });
      await database.whenAvailable(AbortSignal.timeout(10_000));
      await database.run((db) => db.collection('things').insertOne({ a: 1 }));
      await mongo.kill();
      const killed = performance.now();
      await expect(count(database)).rejects.toMatchObject(unavailable);
      expect(performance.now() - killed).toBeLessThan(5000);
      await eventually(() => expect(database.available).toBe(false));
      const asked = performance.now();
      await expect(count(database)).rejects.toMatchObject(unavailable);
      expect(performance.now() - asked).toBeLessThan(500);
      await mongo.restart();
      await database.whenAvailable(AbortSignal.timeout(10_000));
      expect(await count(database)).toBe(1);
      await database.close();
    });

    it('keeps every write that it answered', async () => {
      const database = connectDatabase({ uri: mongo.uri, name: 'durable', logger: silent });
      for (let round = 1; round <= 6; round++) {
        await database.whenAvailable(AbortSignal.timeout(30_000));
        // Without a replica set, `majority` is no promise of the journal.
        expect(await database.run((db) => Promise.resolve(db.writeConcern))).toMatchObject({ w: 1, j: true });
        for (let a = 0; a < 20; a++)
          await database.run((db) => db.collection('things').insertOne({ a, round }));
        await mongo.kill();
        await mongo.restart();
        await eventually(async () => expect(await count(database)).toBe(round * 20));
      }
      await database.close();
    });

    it('is found when it starts after the connection was asked for', async () => {
      await mongo.kill();
      const database = connectDatabase({ uri: mongo.uri, name: 'late', logger: silent });
      await expect(count(database)).rejects.toMatchObject(unavailable);
      await mongo.restart();
      await database.whenAvailable(AbortSignal.timeout(10_000));
      expect(await count(database)).toBe(0);
      await database.close();
    });
  });
});
