import { describe, expect, it } from '@jest/globals';
import { Problem } from '#contracts/errors';
import { keysetPage, pageOf } from './keyset.ts';

const request = {
  conditions: { workspace: 'w' },
  sort: { field: 'answers.state', descending: false },
  limit: 2,
  cursor: null,
};
const doc = (id: string, state: string | null) => ({ _id: id, answers: { state } });

describe('a page by keyset', () => {
  it('asks for one document more than it shows, to know of a next page', () => {
    const page = keysetPage(request);
    expect(page.fetch).toBe(3);
    expect(pageOf(page, [doc('a', 'CA'), doc('b', 'CA')]).next).toBeNull();
    expect(pageOf(page, [doc('a', 'CA'), doc('b', 'CA'), doc('c', 'FL')]).items).toHaveLength(2);
  });

  it('starts behind the last document of the page before', () => {
    const page = keysetPage(request);
    const { next } = pageOf(page, [doc('a', 'CA'), doc('b', 'CA'), doc('c', 'FL')]);
    const second = keysetPage({ ...request, cursor: next });
    expect(second.filter).toEqual({
      $and: [
        { workspace: 'w' },
        { $or: [{ 'answers.state': 'CA', _id: { $gt: 'b' } }, { 'answers.state': { $gt: 'CA' } }] },
      ],
    });
  });

  it('goes on from documents without a value to those with one', () => {
    const page = keysetPage(request);
    const { next } = pageOf(page, [doc('a', null), doc('b', null), doc('c', 'FL')]);
    expect(keysetPage({ ...request, cursor: next }).filter).toEqual({
      $and: [
        { workspace: 'w' },
        { $or: [{ 'answers.state': null, _id: { $gt: 'b' } }, { 'answers.state': { $ne: null } }] },
      ],
    });
  });

  it('goes on from documents with a value to those without, when descending', () => {
    const descending = { ...request, sort: { field: 'answers.state', descending: true } };
    const page = keysetPage(descending);
    const { next } = pageOf(page, [doc('c', 'FL'), doc('b', 'CA'), doc('a', null)]);
    expect(keysetPage({ ...descending, cursor: next }).filter).toMatchObject({
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
  ])('refuses a damaged cursor: %j', (cursor) => {
    expect(() => keysetPage({ ...request, cursor })).toThrow(Problem);
  });

  it('refuses the cursor of another list', () => {
    const { next } = pageOf(keysetPage(request), [doc('a', 'CA'), doc('b', 'CA'), doc('c', 'FL')]);
    expect(() => keysetPage({ ...request, conditions: { workspace: 'other' }, cursor: next })).toThrow(
      expect.objectContaining({ code: 'bad_cursor' }),
    );
  });
});
