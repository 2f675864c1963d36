import { describe, expect, it } from '@jest/globals';
import type { Problem } from '#contracts/errors';
import { RequestValidationPipe } from '#service/validation';
import { ListQuery } from './list-query.ts';

/** A query as the route gets it, with what it has become or why it was refused. */
const read = (query: object) =>
  new RequestValidationPipe().transform<unknown>(query, { type: 'query', schema: ListQuery });

async function errorsOf(query: object): Promise<Problem['errors']> {
  const thrown: unknown = await read(query).catch((error: unknown) => error);
  expect(thrown).toMatchObject({ code: 'bad_request' });
  return (thrown as Problem).errors;
}

describe('the query of a list', () => {
  it('has a default for everything', async () => {
    expect(await read({})).toEqual({
      filter: [],
      sort: { field: 'submittedAt', descending: true },
      limit: 50,
      count: 'false',
    });
  });

  it('is refused with all that is wrong with it', async () => {
    const errors = await errorsOf({
      filter: ['answers.state:eq:CA', 'state'],
      sort: '$natural',
      limit: 'abc',
      count: 'yes',
      page: '2',
    });
    expect(errors.map(({ path }) => path).sort()).toEqual([
      '/count',
      '/filter/1',
      '/limit',
      '/page',
      '/sort',
    ]);
  });

  it('says so in words of its own', async () => {
    const messages = [
      ...(await errorsOf({ filter: 'answers.ins.policy:eq:1', sort: 'a,b', limit: 'abc' })),
      ...(await errorsOf({ filter: 'answers.city:like:x', sort: ['a', 'b'], cursor: 'x'.repeat(4001) })),
    ].map(({ message }) => message);
    const field =
      'The field must be submittedAt, updatedAt, submittedBy, formVersion or answers.<name>; one inside groups has its name alone.';
    expect(messages).toEqual([
      field,
      field,
      'Must be a number.',
      'The operator must be one of eq, ne, lt, lte, gt, gte, in, exists.',
      'Must be text.',
      'Must be at most 4000 characters.',
    ]);
  });
});

describe('a filter', () => {
  it.each([
    ['answers.state:eq:CA', { field: 'answers.state', op: 'eq', value: 'CA' }],
    [
      'submittedAt:gte:2026-01-01T00:00:00Z',
      { field: 'submittedAt', op: 'gte', value: '2026-01-01T00:00:00Z' },
    ],
    ['answers.note:eq:', { field: 'answers.note', op: 'eq', value: '' }],
    ['answers.note:eq:a\nb', { field: 'answers.note', op: 'eq', value: 'a\nb' }],
  ])('is field, operator and value, where the value may hold colons: %j', async (filter, condition) => {
    expect(await read({ filter })).toMatchObject({ filter: [condition] });
    expect(await read({ filter: [filter, filter] })).toMatchObject({ filter: [condition, condition] });
  });

  it.each(['state', 'state:eq', 'state:like:x', ':eq:x', '$where:eq:1', 'a.b.c:eq:1', 'a..b:eq:1'])(
    'is refused at its place: %j',
    async (filter) => {
      expect(await errorsOf({ filter })).toEqual([
        { path: '/filter/0', code: 'invalid', message: expect.any(String) },
      ]);
    },
  );

  it('has a value of bounded length', async () => {
    expect(await errorsOf({ filter: `a:eq:${'x'.repeat(2001)}` })).toMatchObject([
      { path: '/filter/0', message: 'The value must be at most 2000 characters.' },
    ]);
  });

  it('stands beside at most 19 others', async () => {
    expect(await errorsOf({ filter: Array(21).fill('a:eq:1') })).toMatchObject([{ path: '/filter' }]);
  });
});

describe('a sort', () => {
  it('descends with a leading minus', async () => {
    expect(await read({ sort: '-submittedAt' })).toMatchObject({
      sort: { field: 'submittedAt', descending: true },
    });
    expect(await read({ sort: 'answers.state' })).toMatchObject({
      sort: { field: 'answers.state', descending: false },
    });
  });

  it.each(['', '-', '$natural', 'a,b'])('is refused: %j', async (sort) => {
    expect(await errorsOf({ sort })).toMatchObject([{ path: '/sort' }]);
  });
});

describe('a limit', () => {
  it.each(['1', '200'])('may be %s', async (limit) => {
    expect(await read({ limit })).toMatchObject({ limit: Number(limit) });
  });

  it.each(['', '0', '201', '0.5', 'ten', '-1'])('may not be %j, which is one error', async (limit) => {
    expect(await errorsOf({ limit })).toMatchObject([{ path: '/limit' }]);
  });
});
