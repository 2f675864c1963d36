import { describe, expect, it } from '@jest/globals';
import { Problem } from '#contracts/errors';
import { keysetPage, pageOf, placeOf, type Place } from './keyset.ts';

const request = {
  conditions: { workspace: 'w' },
  sort: { field: 'answers.state', descending: false },
  limit: 2,
  after: null,
};
const doc = (id: string, state: string | null) => ({ _id: id, answers: { state } });
const nothing = (): Promise<undefined> => Promise.resolve(undefined);
const place = (next: string | null): Promise<Place> => placeOf(next ?? '', request.sort, nothing);

describe('a page by keyset', () => {
  it('asks for one document more than it shows, to know of a next page', () => {
    const page = keysetPage(request);
    expect(page.fetch).toBe(3);
    expect(pageOf(page, [doc('a', 'CA'), doc('b', 'CA')]).next).toBeNull();
    expect(pageOf(page, [doc('a', 'CA'), doc('b', 'CA'), doc('c', 'FL')]).items).toHaveLength(2);
  });

  it('starts behind the last document of the page before', async () => {
    const page = keysetPage(request);
    const { next } = pageOf(page, [doc('a', 'CA'), doc('b', 'CA'), doc('c', 'FL')]);
    const second = keysetPage({ ...request, after: await place(next) });
    expect(second.filter).toEqual({
      $and: [
        { workspace: 'w' },
        { $or: [{ 'answers.state': 'CA', _id: { $gt: 'b' } }, { 'answers.state': { $gt: 'CA' } }] },
      ],
    });
  });

  it('goes on from documents without a value to those with one', async () => {
    const page = keysetPage(request);
    const { next } = pageOf(page, [doc('a', null), doc('b', null), doc('c', 'FL')]);
    expect(keysetPage({ ...request, after: await place(next) }).filter).toEqual({
      $and: [
        { workspace: 'w' },
        { $or: [{ 'answers.state': null, _id: { $gt: 'b' } }, { 'answers.state': { $ne: null } }] },
      ],
    });
  });

  it('goes on from documents with a value to those without, when descending', async () => {
    const descending = { ...request, sort: { field: 'answers.state', descending: true } };
    const page = keysetPage(descending);
    const { next } = pageOf(page, [doc('c', 'FL'), doc('b', 'CA'), doc('a', null)]);
    expect(keysetPage({ ...descending, after: await place(next) }).filter).toMatchObject({
      $and: [
        { workspace: 'w' },
        {
          $or: [
            { 'answers.state': 'CA', _id: { $lt: 'b' } },
            { 'answers.state': { $lt: 'CA' } },
            { 'answers.state': null },
          ],
        },
      ],
    });
  });

  it.each([
    '!!',
    'bm90IGpzb24',
    Buffer.from('{"list":1}').toString('base64url'),
    Buffer.from('null').toString('base64url'),
    Buffer.from('{"list":"l","id":"a","value":{}}').toString('base64url'),
  ])('refuses a damaged cursor: %j', async (cursor) => {
    await expect(place(cursor)).rejects.toThrow(Problem);
  });

  it('keeps cursors short, and finds a long value again', async () => {
    const long = 'x'.repeat(5000);
    const { next } = pageOf(keysetPage(request), [doc('a', 'CA'), doc('b', long), doc('c', long)]);
    expect(next?.length).toBeLessThan(200);
    const found = await placeOf(next ?? '', request.sort, (id) => Promise.resolve(doc(id, long)));
    expect(found).toMatchObject({ id: 'b', value: long });
    await expect(place(next)).rejects.toMatchObject({ code: 'bad_cursor' });
  });

  it('refuses the cursor of another list', async () => {
    const { next } = pageOf(keysetPage(request), [doc('a', 'CA'), doc('b', 'CA'), doc('c', 'FL')]);
    const after = await place(next);
    expect(() => keysetPage({ ...request, conditions: { workspace: 'other' }, after })).toThrow(
      expect.objectContaining({ code: 'bad_cursor' }),
    );
  });
});
