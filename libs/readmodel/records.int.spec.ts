import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { defineEvent, eventType, newEvent } from '#contracts/event';
import { connectBus, type Bus } from '#eventing/bus';
import { jetStream } from '#eventing/jetstream-api';
import { openLog } from '#eventing/open';
import { formatPosition } from '#eventing/position';
import { openRecords, type Records } from '#eventing/records';
import type { StoredEvent } from '#eventing/stored-event';
import { DELIVERIES_STREAM, TASK_EVENTS_STREAM } from '#eventing/streams';
import { eventually } from '#tools/testing/eventually';
import { testDatabase } from '#tools/testing/mongo';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { Checkpoints } from './checkpoint.ts';
import { createCollection, type StoredCollection } from './collection.ts';
import { connectDatabase, type Database } from './database.ts';
import { removeExpired } from './expiry.ts';
import { onGeneration } from './generation.ts';
import type { Projection } from './projection.ts';
import { Projector } from './projector.ts';
import { ReadModel } from './read-model.ts';
import { rebuild } from './rebuild.ts';
import { silent } from './testing/world.ts';
import { verify, type Verification } from './verify.ts';

const HOUR = 3_600_000;

const jobChanged = defineEvent({
  name: 'test.job.changed',
  version: 1,
  family: 'task',
  data: z.object({ state: z.string(), until: z.iso.datetime() }),
  summary: 'A job has another state; this is the whole of it.',
});
const parcelTried = defineEvent({
  name: 'test.parcel.tried',
  version: 1,
  family: 'delivery',
  data: z.object({ where: z.string() }),
  summary: 'Somebody tried to hand a parcel over.',
});

interface Job {
  readonly _id: string;
  readonly state: string;
  readonly until: Date;
}
interface Parcel {
  readonly _id: string;
  readonly tries: readonly string[];
}

describe('a read model of records', () => {
  let nats: TestNats;
  let bus: Bus;
  let database: Database;
  let jobs: Records;
  let parcels: Records;
  let workspace: string;
  let jobsProjection: Projection<Job>;
  let parcelsProjection: Projection<Parcel>;
  const signal = AbortSignal.timeout(600_000);
  const ends: (() => unknown)[] = [];

  beforeAll(async () => {
    nats = await startTestNats();
    bus = await connectBus({ servers: nats.url, name: 'spec', logger: silent });
    database = connectDatabase({ ...testDatabase(), logger: silent });
    await database.whenAvailable(AbortSignal.timeout(10_000));
    const options = { source: '/formbus/spec', events: [jobChanged, parcelTried] };
    jobs = await openRecords(bus, { stream: TASK_EVENTS_STREAM, ...options });
    parcels = await openRecords(bus, { stream: DELIVERIES_STREAM, ...options });
  });
  beforeEach(() => {
    workspace = randomBytes(4).toString('hex');
    const documentId = ({ subject }: StoredEvent): string => subject;
    const common = { version: 1, indexes: [], documentId };
    jobsProjection = {
      ...common,
      name: `jobs-${workspace}`,
      stream: TASK_EVENTS_STREAM,
      expiry: 'until',
      filters: [`tev.${workspace}.>`],
      types: [eventType(jobChanged)],
      fold(_document, { subject, data }) {
        const { state, until } = data as { state: string; until: string };
        return { _id: subject, state, until: new Date(until) };
      },
    };
    parcelsProjection = {
      ...common,
      name: `parcels-${workspace}`,
      stream: DELIVERIES_STREAM,
      filters: [`delivery.${workspace}.>`],
      types: [eventType(parcelTried)],
      fold: (document, { subject, data }) => ({
        _id: subject,
        tries: [...(document?.tries ?? []), (data as { where: string }).where],
      }),
    };
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  afterAll(async () => {
    await database.close();
    await bus.close();
    await nats.stop();
  });

  const stamp = () => ({ id: randomUUID(), time: new Date().toISOString(), actor: 'a', correlation: 'c' });
  const jobSubject = (job: string): string => `tev.${workspace}.${job}`;
  const change = async (job: string, state: string, { inMs = HOUR }: { inMs?: number } = {}) => {
    const until = new Date(Date.now() + inMs).toISOString();
    return await jobs.record(jobSubject(job), newEvent(jobChanged, { state, until }), stamp());
  };
  const attempt = (parcel: string, where: string) =>
    parcels.record(`delivery.${workspace}.${parcel}._`, newEvent(parcelTried, { where }), stamp());

  function start<Doc extends Job | Parcel>(
    log: Records['log'],
    projection: Projection<Doc>,
    written = database,
  ) {
    const projector = new Projector<Doc>({ bus, log, database: written, projection, logger: silent });
    const model = new ReadModel<Doc>({ bus, log, database, projection });
    projector.start();
    ends.push(
      () => projector.stop(),
      () => model.close(),
    );
    return { projector, model };
  }
  const live = (projector: Projector<Job> | Projector<Parcel>) =>
    eventually(() => expect(projector.status()).toMatchObject({ state: 'live', lag: 0 }));
  const verified = (projection: Projection<Job>, log = jobs.log): Promise<Verification> =>
    verify({ log, database, projection, signal });
  const tamper = async (operation: (collection: StoredCollection) => Promise<unknown>): Promise<void> => {
    const { name } = jobsProjection;
    const generation = (await new Checkpoints(database).pointer(name))?.active ?? '';
    await onGeneration(database, { projection: name, generation }, operation);
  };

  it('is waited for at positions of its own stream, and equals its rebuild', async () => {
    const { model } = start(jobs.log, jobsProjection);
    await Promise.all(['a', 'b', 'c'].map((job) => change(job, 'queued')));
    await change('a', 'running');
    const { seq } = await change('a', 'done');
    const position = formatPosition(jobs.log.epoch, seq);
    await eventually(async () =>
      expect(await model.waitFor(position, 1000)).toMatchObject({ state: 'live', position }),
    );
    expect((await model.find({}, { sort: { _id: 1 } })).map(({ state }) => state)).toEqual([
      'done',
      'queued',
      'queued',
    ]);
    expect(await verified(jobsProjection)).toMatchObject({ equal: true, documents: 3, outlived: 0 });
  });

  it('is built anew from what the stream still holds', async () => {
    const { projector, model } = start(jobs.log, jobsProjection);
    await live(projector);
    for (const state of ['queued', 'running', 'done']) await change('a', state);
    await live(projector);
    const before = await eventually(async () => {
      const found = await model.findOne({ state: 'done' });
      expect(found).toBeDefined();
      return found;
    });
    await rebuild({ database, projection: jobsProjection, signal });
    await eventually(async () => expect(await model.findOne({ state: 'done' })).toEqual(before));
    expect(await verified(jobsProjection)).toMatchObject({ equal: true, documents: 1 });
  });

  it('goes on from a checkpoint that the stream has left behind', async () => {
    const first = start(parcels.log, parcelsProjection);
    await attempt('x', 'door');
    await eventually(async () => expect(await first.model.count({})).toBe(1));
    await first.projector.stop();
    await attempt('x', 'window');
    const { seq } = await attempt('x', 'roof');
    await jetStream(bus, `STREAM.PURGE.${DELIVERIES_STREAM}`, { seq });
    const { projector, model } = start(parcels.log, parcelsProjection);
    const position = formatPosition(parcels.log.epoch, seq);
    await eventually(() => expect(projector.status()).toMatchObject({ state: 'live', position }));
    expect(await model.findOne({})).toMatchObject({ tries: ['door', 'roof'] });
  });

  it('is live where the stream holds nothing any more', async () => {
    await attempt('x', 'door');
    await jetStream(bus, `STREAM.PURGE.${DELIVERIES_STREAM}`);
    const { projector } = start(parcels.log, parcelsProjection);
    await live(projector);
  });

  it('loses its documents when they expire', async () => {
    const { projector, model } = start(jobs.log, jobsProjection);
    await live(projector);
    await change('brief', 'done', { inMs: 1 });
    await change('long', 'done');
    const { seq } = await change('last', 'done');
    await model.waitFor(formatPosition(jobs.log.epoch, seq), 20_000);
    await projector.stop();
    // The holder of the lease looks for expired documents first of all.
    start(jobs.log, jobsProjection);
    await eventually(async () => expect(await model.findOne({ _id: jobSubject('brief') })).toBeUndefined());
    expect(await model.count({ state: 'done' })).toBe(2);
    expect(await verified(jobsProjection)).toMatchObject({ equal: true, documents: 2, outlived: 1 });
  });

  it('excuses a document whose last record is gone, and no other', async () => {
    const { projector } = start(jobs.log, jobsProjection);
    await live(projector);
    const gone = await change('gone', 'done');
    for (const job of ['lost', 'stale', 'wrong', 'good']) await change(job, 'done');
    await live(projector);
    await eventually(async () => expect(await verified(jobsProjection)).toMatchObject({ documents: 5 }));
    await jetStream(bus, `STREAM.MSG.DELETE.${TASK_EVENTS_STREAM}`, { seq: gone.seq });
    expect(await verified(jobsProjection)).toMatchObject({ equal: true, documents: 4, outlived: 1 });

    await tamper((collection) => collection.deleteOne({ _id: jobSubject('lost') }));
    await tamper((collection) => collection.updateOne({ _id: jobSubject('stale') }, { $set: { _seq: 1 } }));
    const $set = { state: 'failed' } as never;
    await tamper((collection) => collection.updateOne({ _id: jobSubject('wrong') }, { $set }));
    expect(await verified(jobsProjection)).toMatchObject({
      equal: false,
      outlived: 1,
      differing: [
        { id: jobSubject('lost'), kind: 'missing' },
        { id: jobSubject('stale'), kind: 'different' },
        { id: jobSubject('wrong'), kind: 'different' },
      ],
    });
  });

  it('equals its rebuild while records take the place of others all the time', async () => {
    const { projector } = start(jobs.log, jobsProjection);
    await live(projector);
    let [changing, changed] = [true, 0];
    const load = (async () => {
      for (; changing; changed++)
        await Promise.all(['a', 'b', `n${changed % 20}`].map((job) => change(job, `${changed}`)));
    })();
    await eventually(() => expect(changed).toBeGreaterThan(50));
    try {
      for (let round = 0; round < 3; round++)
        expect(await verified(jobsProjection)).toMatchObject({ equal: true, differing: [] });
    } finally {
      changing = false;
      await load;
    }
    await live(projector);
    expect(await verified(jobsProjection)).toMatchObject({ equal: true, outlived: 0 });
  });

  it('is refused the log of another stream', async () => {
    const { log } = await openLog(bus, { events: [], upcasters: [], source: '/formbus/spec' });
    expect(() => start(log, jobsProjection)).toThrow('folds TASK_EVENTS, not EVENTS');
    expect(() => start(jobs.log, parcelsProjection)).toThrow('folds DELIVERIES, not TASK_EVENTS');
    await expect(verified(jobsProjection, log)).rejects.toThrow('folds TASK_EVENTS, not EVENTS');
  });

  describe('with more expired than is removed in one go', () => {
    const now = new Date();
    const expired = (i: number): Job & { _seq: number } => ({
      _id: `${i}`,
      _seq: 1,
      state: 's',
      until: new Date(now.getTime() - i),
    });
    const begin = (count: number): Promise<StoredCollection> =>
      database.run(async (db) => {
        const collection = db.collection(`expiring-${workspace}`) as unknown as StoredCollection;
        await createCollection(collection, { indexes: [], expiry: 'until' });
        await collection.insertMany(Array.from({ length: count }, (_, i) => expired(i)));
        return collection;
      });

    it('has it all removed, and nothing else', async () => {
      const collection = await begin(2300);
      await collection.insertMany([
        { ...expired(-1), _id: 'later' },
        { _id: 'tombstone', _seq: 1, _deleted: true },
      ]);
      const removed = await removeExpired({
        onDocuments: (operation) => operation(collection),
        expiry: 'until',
        signal,
        now,
      });
      expect(removed).toBe(2300);
      expect((await collection.find().toArray()).map(({ _id }) => _id).sort()).toEqual([
        '#generation',
        'later',
        'tombstone',
      ]);
      expect(await collection.indexes()).toContainEqual(expect.objectContaining({ key: { until: 1 } }));
    });

    it('leaves the rest when it is ended in the middle', async () => {
      const collection = await begin(2300);
      const ending = new AbortController();
      const removed = await removeExpired({
        onDocuments(operation) {
          ending.abort();
          return operation(collection);
        },
        expiry: 'until',
        signal: ending.signal,
        now,
      });
      expect(removed).toBe(1000);
      expect(await collection.countDocuments({ state: 's' })).toBe(1300);
    });

    /** The database for a process whose removals are held from the first one on, until they are released. */
    function holdingRemovals(): { held: Database; reached: Promise<void>; release: () => void } {
      const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const slow = (collection: StoredCollection): StoredCollection => {
        const deleteMany: StoredCollection['deleteMany'] = async (...args) => {
          reached.resolve();
          await released.promise;
          return await collection.deleteMany(...args);
        };
        return Object.assign(Object.create(collection) as StoredCollection, { deleteMany });
      };
      const held: Pick<Database, 'run' | 'whenAvailable'> = {
        whenAvailable: (given) => database.whenAvailable(given),
        run: (operation) =>
          database.run((db) => {
            const collection = (name: string): unknown => slow(db.collection(name));
            return operation(Object.assign(Object.create(db) as typeof db, { collection }));
          }),
      };
      return { held: held as Database, reached: reached.promise, release: released.resolve };
    }
    const fill = async (count: number): Promise<void> => {
      const { projector } = start(jobs.log, jobsProjection);
      await live(projector);
      await projector.stop();
      await tamper((collection) =>
        collection.insertMany(Array.from({ length: count }, (_, i) => expired(i))),
      );
    };

    it('is stopped without waiting for all of it', async () => {
      await fill(2300);
      const { held, reached, release } = holdingRemovals();
      const { projector, model } = start(jobs.log, jobsProjection, held);
      await reached;
      const stopped = projector.stop();
      release();
      await stopped;
      expect(await model.count({ state: 's' })).toBe(1300);
    });

    it('is written on and built anew meanwhile', async () => {
      await fill(10);
      const { held, reached, release } = holdingRemovals();
      const { model } = start(jobs.log, jobsProjection, held);
      ends.push(release);
      await reached;
      const { seq } = await change('a', 'done');
      await model.waitFor(formatPosition(jobs.log.epoch, seq), 20_000);
      await rebuild({ database, projection: jobsProjection, signal: AbortSignal.timeout(30_000) });
      await eventually(async () => expect(await model.find({})).toMatchObject([{ state: 'done' }]));
    });
  });
});
