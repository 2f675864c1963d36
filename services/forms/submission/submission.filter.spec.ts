import { describe, expect, it } from '@jest/globals';
import type { FormDefinition } from '#contracts/form/definition';
import type { Field } from '#contracts/form/definition-fields';
import type { Problem } from '#contracts/errors';
import type { Condition, SortOrder } from '#contracts/submission/submission.rpc';
import type { Filter } from '#readmodel/keyset';
import { listableFields, type Listable } from './submission.filter-fields.ts';
import { planned } from './submission.filter.ts';

const form = (...versions: Field[][]): Listable =>
  listableFields({
    definitions: new Map(
      versions.map((fields, i): [number, FormDefinition] => [i + 1, { title: 'Order', pages: [{ fields }] }]),
    ),
  });

const order: FormDefinition = {
  title: 'Order',
  pages: [
    {
      fields: [
        { type: 'text', name: 'city' },
        { type: 'integer', name: 'amount' },
        { type: 'decimal', name: 'weight' },
        { type: 'decimal', name: 'price', scale: 2 },
        { type: 'boolean', name: 'urgent' },
        { type: 'date', name: 'born' },
        { type: 'dateTime', name: 'depart' },
        { type: 'select', name: 'size', choices: [{ value: 'S' }, { value: 'L' }] },
        { type: 'multiSelect', name: 'tags', choices: [{ value: 'a' }, { value: 'b' }] },
        { type: 'group', name: 'more', fields: [{ type: 'date', name: 'due' }] },
      ],
    },
  ],
};
const fields = listableFields({ definitions: new Map([[1, order]]) });

const BY_TIME: SortOrder = { field: 'submittedAt', descending: true };
const ask = (where: Condition[], { sort = BY_TIME, of = fields } = {}): Filter =>
  planned({ where, sort }, of);

function only(field: string, op: Condition['op'], value: string, of = fields): unknown {
  const { $and } = ask([{ field, op, value }], { of });
  return ($and as unknown[])[0];
}

function refusal(work: () => unknown): Pick<Problem, 'code' | 'message' | 'errors'> {
  try {
    work();
  } catch (error) {
    return error as Problem;
  }
  throw new Error('it was not refused');
}

const price = { $convert: { input: '$answers.price', to: 'decimal', onError: null } };
const exactly = (comparison: object): object => ({
  'answers.price': { $type: 'string' },
  $expr: comparison,
});

describe('conditions of a list', () => {
  it('are all to hold', () => {
    expect(ask([])).toEqual({});
    const where: Condition[] = [
      { field: 'answers.amount', op: 'gte', value: '3' },
      { field: 'answers.city', op: 'eq', value: 'Rome' },
    ];
    expect(ask(where)).toEqual({
      $and: [{ 'answers.amount': { $gte: 3 } }, { 'answers.city': { $eq: 'Rome' } }],
    });
  });

  it.each([
    ['answers.amount', 'gte', '3', { 'answers.amount': { $gte: 3 } }],
    ['answers.weight', 'lt', '-1.5e-3', { 'answers.weight': { $lt: -0.0015 } }],
    ['answers.urgent', 'eq', 'true', { 'answers.urgent': { $eq: true } }],
    ['answers.born', 'lt', '1985-01-01', { 'answers.born': { $lt: '1985-01-01' } }],
    ['answers.size', 'eq', 'L', { 'answers.size': { $eq: 'L' } }],
    ['answers.tags', 'in', '["a"]', { 'answers.tags': { $in: ['a'] } }],
    ['formVersion', 'lt', '2', { formVersion: { $lt: 2 } }],
    ['submittedBy', 'eq', 'key:spec', { submittedBy: { $eq: 'key:spec' } }],
  ] as const)('read values as the type of their field: %s %s %s', (field, op, value, expected) => {
    expect(only(field, op, value)).toEqual(expected);
  });

  it.each([
    '2027-06-01T00:30:00+02:00',
    '2027-06-01T00:30:00 02:00', // a plus sign that an address made a space of
    '2027-05-31T22:30:00Z',
    '2027-05-31t22:30:00.000z',
    '2027-05-31T17:00:00.0009-05:30',
  ])('compare instants as they are stored: %s', (value) => {
    const stored = '2027-05-31T22:30:00.000Z';
    expect(only('answers.depart', 'eq', value)).toEqual({ 'answers.depart': { $eq: stored } });
    expect(only('submittedAt', 'gt', value)).toEqual({ submittedAt: { $gt: stored } });
    expect(only('updatedAt', 'lte', value)).toEqual({ updatedAt: { $lte: stored } });
    expect(only('answers.depart', 'in', JSON.stringify([value]))).toEqual({
      'answers.depart': { $in: [stored] },
    });
  });

  it('compare exact decimals as numbers', () => {
    expect(only('answers.price', 'eq', '9')).toEqual(exactly({ $eq: [price, { $toDecimal: '9' }] }));
    expect(only('answers.price', 'gt', '-12.50')).toEqual(
      exactly({ $gt: [price, { $toDecimal: '-12.50' }] }),
    );
    const list = '["1.5", 123456789012345678.123456789012345]';
    expect(only('answers.price', 'in', list)).toEqual(
      exactly({
        $in: [price, [{ $toDecimal: '1.5' }, { $toDecimal: '123456789012345678.123456789012345' }]],
      }),
    );
  });

  it('reach fields inside groups', () => {
    expect(only('answers.due', 'lt', '2026-01-01')).toEqual({ 'answers.due': { $lt: '2026-01-01' } });
  });

  it('take several values as JSON, since values may hold commas', () => {
    expect(only('answers.city', 'in', '["Paris, TX","Rome"]')).toEqual({
      'answers.city': { $in: ['Paris, TX', 'Rome'] },
    });
    expect(only('answers.amount', 'in', '[1,"2"]')).toEqual({ 'answers.amount': { $in: [1, 2] } });
    expect(only('answers.urgent', 'in', '[true]')).toEqual({ 'answers.urgent': { $in: [true] } });
  });

  it('ask for another answer, which none is too', () => {
    expect(only('answers.city', 'ne', 'Rome')).toEqual({ $nor: [{ 'answers.city': { $eq: 'Rome' } }] });
  });

  it('ask whether there is an answer', () => {
    expect(only('answers.city', 'exists', 'false')).toEqual({ 'answers.city': { $eq: null } });
    expect(only('answers.price', 'exists', 'true')).toEqual({ 'answers.price': { $ne: null } });
  });

  it.each([
    ['answers.nobody', 'eq', 'x', 'unknown_field', 'lists know submittedAt'],
    ['state', 'eq', 'x', 'unknown_field', 'the form has no field state'],
    [
      'answers.amount',
      'eq',
      'many',
      'value',
      '"many" is no value of answers.amount: it must be a number such',
    ],
    ['answers.amount', 'eq', ' ', 'value', 'a number such as 12'],
    ['answers.amount', 'eq', '0x10', 'value', 'a number such as 12'],
    ['answers.weight', 'eq', '1e999', 'value', 'a number such as 12'],
    ['formVersion', 'eq', 'first', 'value', 'a number such as 12'],
    ['answers.urgent', 'eq', 'yes', 'value', 'true or false'],
    ['answers.urgent', 'eq', 'constructor', 'value', 'true or false'],
    [
      'answers.urgent',
      'lt',
      'true',
      'operator',
      'lt does not apply to answers.urgent: true and false have no order',
    ],
    ['answers.price', 'eq', 'abc', 'value', 'at most 18 digits before the point'],
    ['answers.price', 'lt', '1234567890123456789', 'value', 'at most 18 digits before the point'],
    ['answers.price', 'in', '["9", "$city"]', 'value', '"$city" is no value of answers.price'],
    ['answers.born', 'eq', 'garbage', 'value', 'it must be a date such as 2024-02-29'],
    ['answers.born', 'lt', '1985', 'value', 'it must be a date such as 2024-02-29'],
    ['answers.born', 'ne', '2023-02-29', 'value', 'it must be a date such as 2024-02-29'],
    ['answers.depart', 'eq', '2027-06-01', 'value', 'with an offset, such as 2024-02-29T12:00:00Z'],
    ['answers.depart', 'eq', '2027-06-01T00:30:00', 'value', 'with an offset, such as 2024-02-29T12:00:00Z'],
    ['submittedAt', 'gte', 'yesterday', 'value', 'with an offset, such as 2024-02-29T12:00:00Z'],
    ['answers.size', 'eq', 'M', 'value', '"M" is no value of answers.size: it must be a choice'],
    ['answers.size', 'in', '["S","M"]', 'value', 'such as "S"'],
    ['answers.tags', 'eq', 'c', 'value', '"c" is no value of answers.tags: it must be a choice'],
    ['answers.tags', 'gte', 'a', 'operator', 'several choices have no order: ask with eq, ne, in or exists'],
    ['answers.city', 'in', 'Rome', 'value', 'a JSON array of 1 to 100 values, such as ["CA","FL"]'],
    ['answers.city', 'in', '[]', 'value', 'a JSON array'],
    ['answers.city', 'in', '[null]', 'value', 'a JSON array'],
    ['answers.city', 'exists', 'maybe', 'value', 'whether answers.city exists must be true or false'],
  ] as const)('refuse %s %s %j: %s, %s', (field, op, value, code, says) => {
    const message = expect.stringContaining(says);
    expect(refusal(() => only(field, op, value))).toMatchObject({
      code: 'bad_request',
      message,
      errors: [{ path: '/filter/0', code, message }],
    });
  });

  it('are refused together with the sort, each at its place', () => {
    const { message, errors } = refusal(() =>
      ask(
        [
          { field: 'answers.amount', op: 'eq', value: 'many' },
          { field: 'answers.city', op: 'eq', value: 'Rome' },
          { field: 'answers.tags', op: 'lt', value: 'a' },
        ],
        { sort: { field: 'answers.nobody', descending: false } },
      ),
    );
    expect(message).toBe('The query has 3 errors.');
    expect(errors.map(({ path, code }) => [path, code])).toEqual([
      ['/filter/0', 'value'],
      ['/filter/2', 'operator'],
      ['/sort', 'unknown_field'],
    ]);
  });
});

describe('a field that versions define differently', () => {
  const changed = form(
    [{ type: 'text', name: 'v' }],
    [{ type: 'integer', name: 'v' }],
    [{ type: 'longText', name: 'v' }],
  );

  it('is compared in each submission as what it is in its version', () => {
    expect(only('answers.v', 'eq', '12', changed)).toEqual({
      $or: [
        { formVersion: { $in: [1, 3] }, 'answers.v': { $eq: '12' } },
        { formVersion: { $in: [2] }, 'answers.v': { $eq: 12 } },
      ],
    });
    expect(only('answers.v', 'ne', '12', changed)).toEqual({
      $nor: [only('answers.v', 'eq', '12', changed)],
    });
  });

  it('is found by a value of one of its types', () => {
    const text = { formVersion: { $in: [1, 3] }, 'answers.v': { $eq: 'abc' } };
    expect(only('answers.v', 'eq', 'abc', changed)).toEqual(text);
    expect(only('answers.v', 'in', '["abc","12"]', changed)).toEqual({
      $or: [
        { formVersion: { $in: [1, 3] }, 'answers.v': { $in: ['abc', '12'] } },
        { formVersion: { $in: [2] }, 'answers.v': { $in: [12] } },
      ],
    });
  });

  it('is refused a value of none of its types', () => {
    const of = form([{ type: 'date', name: 'v' }], [{ type: 'integer', name: 'v' }]);
    const { message } = refusal(() => only('answers.v', 'eq', 'abc', of));
    expect(message).toBe(
      'The query has 1 error: "abc" is no value of answers.v: it must be a date such as 2024-02-29, or a number such as 12 or -0.5',
    );
  });

  it('has an order where one of its types has', () => {
    const of = form([{ type: 'boolean', name: 'v' }], [{ type: 'integer', name: 'v' }]);
    expect(only('answers.v', 'lt', '3', of)).toEqual({ formVersion: { $in: [2] }, 'answers.v': { $lt: 3 } });
  });

  it('takes the choices of every version', () => {
    const of = form(
      [{ type: 'select', name: 'v', choices: [{ value: 'old' }] }],
      [{ type: 'select', name: 'v', choices: [{ value: 'new' }] }],
    );
    expect(only('answers.v', 'in', '["old","new"]', of)).toEqual({ 'answers.v': { $in: ['old', 'new'] } });
    expect(refusal(() => only('answers.v', 'eq', 'other', of)).code).toBe('bad_request');
  });

  it('can be sorted by if all its types have one order', () => {
    const sort: SortOrder = { field: 'answers.v', descending: false };
    const dates = form([{ type: 'text', name: 'v' }], [{ type: 'date', name: 'v' }]);
    expect(ask([], { sort, of: dates })).toEqual({});
    expect(refusal(() => ask([], { sort, of: changed })).message).toBe(
      "The query has 1 error: the list can't be sorted by answers.v: versions of the form have it as text and number",
    );
  });
});

describe('the sort of a list', () => {
  it.each(['submittedAt', 'formVersion', 'answers.amount', 'answers.city', 'answers.urgent', 'answers.size'])(
    'may be %s',
    (field) => {
      expect(ask([], { sort: { field, descending: true } })).toEqual({});
    },
  );

  it.each([
    ['answers.tags', 'sort', 'multi-selects can be filtered by, and not sorted by'],
    ['answers.price', 'sort', 'exact decimals (fields with `scale`)'],
    ['answers.nobody', 'unknown_field', 'the form has no field answers.nobody'],
    ['_id', 'unknown_field', 'the form has no field _id'],
  ])('may not be %s', (field, code, says) => {
    expect(refusal(() => ask([], { sort: { field, descending: false } }))).toMatchObject({
      code: 'bad_request',
      errors: [{ path: '/sort', code, message: expect.stringContaining(says) }],
    });
  });
});
