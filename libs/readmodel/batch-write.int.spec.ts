import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { testDatabase } from '#tools/testing/mongo';
import type { FoldedDocument } from './batch-fold.ts';
import { DocumentRefused, writeBatch } from './batch-write.ts';
import { CollectionLost, createCollection, readDocuments, type StoredCollection } from './collection.ts';
import { connectDatabase, type Database } from './database.ts';
import type { StoredDocument } from './projection.ts';
import { silent } from './testing/world.ts';

interface Thing {
  readonly _id: string;
  readonly _seq: number;
  readonly name: string;
}
const thing = (_id: string, _seq: number, name = `${_id} at ${_seq}`): Thing => ({ _id, _seq, name });
const created = (value: StoredDocument): FoldedDocument => ({ value, existed: false });
const changed = (value: StoredDocument): FoldedDocument => ({ value, existed: true });

describe('a batch of documents', () => {
  let database: Database;
  let collection: StoredCollection;

  beforeAll(async () => {
    database = connectDatabase({ ...testDatabase(), logger: silent });
    await database.whenAvailable(AbortSignal.timeout(10_000));
  });
  beforeEach(async () => {
    collection = await database.run((db) =>
      Promise.resolve(db.collection<StoredDocument>(`c${Math.random()}`)),
    );
    await createCollection(collection, { indexes: [{ name: 'one_name', key: { name: 1 }, unique: true }] });
  });
  afterAll(() => database.close());

  const stored = async (...ids: string[]): Promise<StoredDocument[]> => [
    ...(await readDocuments(collection, ids)).values(),
  ];

  /** The same collection, with something else done after the first bulk. */
  const interposed = (between: () => Promise<void>): StoredCollection => {
    let done = false;
    const bulkWrite: StoredCollection['bulkWrite'] = async (...operations) => {
      try {
        return await collection.bulkWrite(...operations);
      } finally {
        if (!done) await between();
        done = true;
      }
    };
    return Object.assign(Object.create(collection) as StoredCollection, { bulkWrite });
  };
  const write = (documents: readonly FoldedDocument[], projection: { expiry?: string } = {}) =>
    writeBatch(collection, documents, projection);

  it('is inserted and replaced, over as many bulks as it takes', async () => {
    const ids = Array.from({ length: 700 }, (_, n) => `id-${n}`);
    await write(ids.slice(0, 400).map((id) => created(thing(id, 1))));
    await write(ids.map((id, n) => (n < 400 ? changed(thing(id, 2)) : created(thing(id, 2)))));
    const found = await stored(...ids);
    expect(found).toHaveLength(700);
    expect(found.every(({ _seq }) => _seq === 2)).toBe(true);
  });

  it('does not replace a document that holds a later event', async () => {
    await write([created(thing('a', 5))]);
    await write([changed(thing('a', 4))]);
    expect(await stored('a')).toEqual([thing('a', 5)]);
  });

  it('replaces a document that was thought to be new, if that one is older', async () => {
    await write([created(thing('a', 5)), created(thing('b', 9))]);
    await write([created(thing('a', 7)), created(thing('b', 7)), created(thing('c', 7))]);
    expect(await stored('a', 'b', 'c')).toEqual([thing('a', 7), thing('b', 9), thing('c', 7)]);
  });

  it('does not insert a document again that was deleted later', async () => {
    await write([created({ _id: 'a', _seq: 8, _deleted: true })]);
    await write([created(thing('a', 5))]);
    expect(await stored('a')).toEqual([{ _id: 'a', _seq: 8, _deleted: true }]);
  });

  it('ends with the latest documents, whichever of many writers comes first', async () => {
    const ids = Array.from({ length: 60 }, (_, n) => `id-${n}`);
    const writers = [1, 2, 3, 4, 5, 6].map((seq) => write(ids.map((id) => created(thing(id, seq)))));
    await Promise.all(writers);
    expect(await stored(...ids)).toEqual(
      ids.map((id) => thing(id, 6)).sort((a, b) => (a._id < b._id ? -1 : 1)),
    );
  });

  it('stores values that look like operators and paths as they are', async () => {
    const odd = {
      _id: 'a',
      _seq: 1,
      name: '$name',
      nested: { $set: { 'a.b': '$$ROOT' }, '': [null, true, 0.5] },
    } as StoredDocument;
    await write([created({ _id: 'a', _seq: 0, _deleted: true })]);
    await write([changed(odd)]);
    expect(await stored('a')).toEqual([odd]);
  });

  it('says that documents are lost which it would replace', async () => {
    await write([created(thing('a', 1))]);
    await collection.deleteMany({ _id: 'a' });
    await expect(write([changed(thing('a', 2))])).rejects.toThrow(CollectionLost);
    await collection.drop();
    await expect(readDocuments(collection, ['a'])).rejects.toThrow(CollectionLost);
  });

  describe('of documents that expire', () => {
    const expiring = { expiry: 'until' };

    it('is inserted where they were removed after they had been read', async () => {
      const ids = Array.from({ length: 300 }, (_, n) => `id-${n}`);
      await write(ids.map((id) => created(thing(id, 1))));
      await collection.deleteMany({ _id: { $in: ids.filter((_, n) => n % 3 === 0) } });
      await write([...ids.map((id) => changed(thing(id, 2))), created(thing('new', 2))], expiring);
      const found = await stored(...ids, 'new');
      expect(found).toHaveLength(301);
      expect(found.every(({ _seq }) => _seq === 2)).toBe(true);
    });

    it('does not take what somebody else has inserted meanwhile for its own', async () => {
      await write([created(thing('older', 1)), created(thing('newer', 3))]);
      const late = interposed(async () => {
        await write([created(thing('older', 1)), created(thing('newer', 3))]);
      });
      await collection.deleteMany({ _id: { $in: ['older', 'newer'] } });
      await writeBatch(late, [changed(thing('older', 2)), changed(thing('newer', 2))], expiring);
      expect(await stored('newer', 'older')).toEqual([thing('newer', 3), thing('older', 2)]);
    });

    it('may pass on a value of a unique index although its holder is removed', async () => {
      await write([created(thing('a', 1, 'one')), created(thing('b', 2, 'two'))]);
      const late = interposed(async () => {
        await collection.deleteMany({ _id: 'b' });
      });
      // `b` is refused while `a` has the value, and gone when its turn comes again.
      await writeBatch(late, [changed(thing('b', 4, 'one')), changed(thing('a', 3, 'three'))], expiring);
      expect(await stored('a', 'b')).toEqual([thing('a', 3, 'three'), thing('b', 4, 'one')]);
    });

    it('is refused all the same when the collection is lost', async () => {
      await write([created(thing('a', 1))]);
      await collection.drop();
      await expect(write([changed(thing('a', 2))], expiring)).rejects.toThrow(CollectionLost);
      expect(await collection.countDocuments()).toBe(0);
    });
  });

  it('may pass on a value of a unique index from one document to another', async () => {
    await write([created(thing('a', 1, 'one')), created(thing('b', 2, 'two'))]);
    await write([
      created(thing('c', 5, 'one')),
      changed(thing('a', 3, 'three')),
      changed(thing('b', 4, 'two')),
    ]);
    expect((await stored('a', 'b', 'c')).map((document) => (document as Thing).name)).toEqual([
      'three',
      'two',
      'one',
    ]);
  });

  it('names the document that would break a unique index, and writes the others', async () => {
    await write([created(thing('a', 1, 'one'))]);
    const writing = write([
      created(thing('b', 2, 'two')),
      created(thing('c', 3, 'one')),
      created(thing('d', 4, 'four')),
    ]);
    await expect(writing).rejects.toThrow(DocumentRefused);
    await expect(writing).rejects.toMatchObject({ id: 'c' });
    expect(await stored('a', 'b', 'c', 'd')).toHaveLength(3);
  });

  it('lets many documents be deleted under a unique index', async () => {
    await write([
      created({ _id: 'a', _seq: 1, _deleted: true }),
      created({ _id: 'b', _seq: 2, _deleted: true }),
    ]);
    expect(await stored('a', 'b')).toHaveLength(2);
  });
});
