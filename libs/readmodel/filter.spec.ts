import { describe, expect, it } from '@jest/globals';
import { NOT_DELETED } from './collection.ts';
import { withoutDeleted } from './filter.ts';

describe('a filter', () => {
  it.each([
    { workspace: 'w' },
    { version: 3, _id: 'a' },
    { closed: false },
    { $and: [{ workspace: 'w', form: 'f' }, { $or: [{ a: 1 }, { b: null }] }] },
  ])('that demands a field stays as it is: %j', (filter) => {
    expect(withoutDeleted(filter)).toBe(filter);
  });

  it.each([
    {},
    { _id: 'a' },
    { _seq: 3 },
    { owner: null },
    { owner: { $ne: 'ann' } },
    { $or: [{ owner: 'ann' }, { owner: null }] },
    { $and: [{ owner: { $exists: false } }] },
  ])('that a tombstone could match leaves them out: %j', (filter) => {
    expect(withoutDeleted(filter)).toEqual({ $and: [filter, NOT_DELETED] });
  });
});
