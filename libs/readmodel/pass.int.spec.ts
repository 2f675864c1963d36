import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import type { LogBatch } from '#eventing/event-log';
import type { StoredEvent } from '#eventing/stored-event';
import { testDatabase } from '#tools/testing/mongo';
import { foldBatch } from './batch-fold.ts';
import { createCollection, readDocuments, type StoredCollection } from './collection.ts';
import { connectDatabase, type Database } from './database.ts';
import { runPass, type PassOptions } from './pass.ts';
import type { Step } from './progress.ts';
import type { StoredDocument } from './projection.ts';
import { selectEvents } from './select-events.ts';
import { accounts, UNLUCKY } from './testing/accounts.ts';
import { move, open, storedEvent } from './testing/events.ts';
import { ACCOUNTS, histories } from './testing/histories.ts';
import { silent } from './testing/world.ts';

const IDS: readonly string[] = ACCOUNTS;

/** A log that gives what it has in batches of these sizes, and then waits for nothing. */
function logOf(history: readonly StoredEvent[], sizes: readonly number[]): PassOptions['log'] {
  return {
    epoch: 'e',
    async *follow({ after }): AsyncGenerator<LogBatch> {
      let left = history.filter(({ seq }) => seq > after);
      for (let n = 0; left.length > 0; n++) {
        const size = sizes[n % sizes.length] ?? 1;
        const events = left.slice(0, size);
        left = left.slice(size);
        await Promise.resolve();
        yield { events, lastSeq: events.at(-1)?.seq ?? 0, pending: left.length };
      }
    },
  };
}

function oneByOne(history: readonly StoredEvent[]): Map<string, StoredDocument> {
  const documents = new Map<string, StoredDocument>();
  for (const event of selectEvents(accounts, history).events) {
    for (const [id, { value }] of foldBatch(accounts, [event], documents).documents) documents.set(id, value);
  }
  return documents;
}

describe('a pass over the log', () => {
  let database: Database;
  let collection: StoredCollection;

  beforeAll(async () => {
    database = connectDatabase({ ...testDatabase(), logger: silent });
    await database.whenAvailable(AbortSignal.timeout(10_000));
  });
  afterAll(() => database.close());

  async function begin(): Promise<void> {
    collection = await database.run((db) =>
      Promise.resolve(db.collection<StoredDocument>(`c${Math.random()}`)),
    );
    await createCollection(collection, accounts);
  }
  beforeEach(begin);

  const run = (log: PassOptions['log'], options: Partial<PassOptions> = {}): Promise<void> =>
    runPass({
      log,
      projection: accounts,
      after: 0,
      signal: new AbortController().signal,
      onDocuments: (operation) => database.run(() => operation(collection)),
      onStep: () => Promise.resolve(),
      ...options,
    });

  it('gives what folding one by one gives, however long reads and writes take and wherever it is broken off', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });
    const delays = fc.array(fc.constantFrom(0, 0, 2, 15), { minLength: 1, maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(histories, sizes, delays, fc.nat(20), async (history, cuts, pauses, failAt) => {
        await begin();
        let [operations, checkpoint] = [0, 0];
        const options: Partial<PassOptions> = {
          async onDocuments(operation) {
            const number = ++operations;
            await delay(pauses[number % pauses.length]);
            if (number === failAt) throw new Error('broken off');
            const result = await database.run(() => operation(collection));
            await delay(pauses[(number + 1) % pauses.length]);
            return result;
          },
          onStep({ seq }) {
            checkpoint = seq;
            return Promise.resolve();
          },
        };
        const log = logOf(history, cuts);
        await run(log, options).catch((error: Error) => expect(error.message).toBe('broken off'));
        await run(log, { ...options, after: checkpoint });
        expect(checkpoint).toBe(history.at(-1)?.seq ?? 0);
        expect(await readDocuments(collection, IDS)).toEqual(oneByOne(history));
      }),
      { numRuns: 60 },
    );
  });

  it('folds a batch on the one that is being written, even if that write ends while the other documents are read', async () => {
    const history = [storedEvent(1, 'a', open()), storedEvent(2, 'a', move(1)), storedEvent(3, 'b', open())];
    let operations = 0;
    await run(logOf(history, [1, 2]), {
      async onDocuments(operation) {
        const secondRead = ++operations === 3;
        const result = await database.run(() => operation(collection));
        if (secondRead) await delay(100);
        return result;
      },
    });
    expect(await readDocuments(collection, IDS)).toEqual(oneByOne(history));
  });

  it('steps only over what is written, and to the end of each batch', async () => {
    const history = [storedEvent(3, 'a', open()), storedEvent(5, 'a', move(1)), storedEvent(9, 'b', open())];
    const steps: (readonly [Step, number])[] = [];
    await run(logOf(history, [2, 1]), {
      async onStep(step) {
        steps.push([
          step,
          Math.max(...[...(await readDocuments(collection, IDS)).values()].map(({ _seq }) => _seq)),
        ]);
      },
    });
    expect(steps).toMatchObject([
      [{ seq: 5, pending: 1 }, 5],
      [{ seq: 9, pending: 0 }, 9],
    ]);
  });

  it('ends at the sequence that it is given, in the middle of a batch', async () => {
    const history = [storedEvent(3, 'a', open()), storedEvent(5, 'a', move(1)), storedEvent(9, 'a', move(2))];
    const steps: Step[] = [];
    await run(logOf(history, [10]), { until: 6, onStep: (step) => Promise.resolve(void steps.push(step)) });
    expect(steps).toMatchObject([{ seq: 6 }]);
    expect((await readDocuments(collection, IDS)).get('a')).toMatchObject({ moves: [1], _seq: 5 });
  });

  it('steps right up to an event that it cannot fold', async () => {
    const history = [
      storedEvent(3, 'a', open()),
      storedEvent(5, 'a', move(UNLUCKY)),
      storedEvent(9, 'b', open()),
    ];
    const steps: Step[] = [];
    const running = run(logOf(history, [10]), { onStep: (step) => Promise.resolve(void steps.push(step)) });
    await expect(running).rejects.toMatchObject({
      name: 'ProjectionHalted',
      seq: 5,
      reason: { position: 'e.5', id: 'id-5' },
    });
    expect(steps).toMatchObject([{ seq: 4, pending: 2 }]);
    expect([...(await readDocuments(collection, IDS)).keys()]).toEqual(['a']);
  });

  it('finishes the batch in hand when it is ended', async () => {
    const history = Array.from({ length: 30 }, (_, n) => storedEvent(n + 1, 'a', n === 0 ? open() : move(n)));
    const ending = new AbortController();
    const steps: Step[] = [];
    await run(logOf(history, [10]), {
      signal: ending.signal,
      onStep(step) {
        ending.abort();
        return Promise.resolve(void steps.push(step));
      },
    });
    const last = steps.at(-1)?.seq;
    expect(last).toBeLessThan(30);
    expect((await readDocuments(collection, IDS)).get('a')).toMatchObject({ _seq: last });
  });

  it('goes on when documents that expire are removed between being read and being written', async () => {
    const history = [storedEvent(1, 'a', open()), storedEvent(2, 'b', open()), storedEvent(3, 'a', move(1))];
    await run(logOf(history.slice(0, 2), [2]));
    let operations = 0;
    await run(logOf(history, [1]), {
      projection: { ...accounts, expiry: 'closes' },
      after: 2,
      async onDocuments(operation) {
        const result = await database.run(() => operation(collection));
        if (++operations === 1) await collection.deleteOne({ _id: 'a' });
        return result;
      },
    });
    expect(await readDocuments(collection, IDS)).toEqual(oneByOne(history));
  });

  it('does not take lost documents for new ones', async () => {
    const history = [storedEvent(3, 'a', open())];
    await collection.drop();
    await expect(run(logOf(history, [1]))).rejects.toThrow('are lost');
    expect(await collection.countDocuments()).toBe(0);
  });
});
