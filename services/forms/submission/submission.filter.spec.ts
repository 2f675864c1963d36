import { describe, expect, it } from '@jest/globals';
import type { FormDefinition } from '#contracts/form/definition';
import { listableFields, matching, sortable } from './submission.filter.ts';

const definition: FormDefinition = {
  title: 'Order',
  pages: [
    {
      fields: [
        { type: 'text', name: 'city' },
        { type: 'integer', name: 'amount' },
        { type: 'decimal', name: 'price', scale: 2 },
        { type: 'boolean', name: 'urgent' },
        { type: 'multiSelect', name: 'tags', choices: [{ value: 'a' }, { value: 'b' }] },
        { type: 'group', name: 'more', fields: [{ type: 'date', name: 'due' }] },
      ],
    },
  ],
};
const fields = listableFields({ definitions: new Map([[1, definition]]) });
const filter = (field: string, op: 'eq' | 'ne' | 'lt' | 'gte' | 'in' | 'exists', value: string): unknown =>
  matching([{ field, op, value }], fields);

describe('conditions of a list', () => {
  it('read values as the type of their field', () => {
    expect(filter('answers.amount', 'gte', '3')).toEqual({ $and: [{ 'answers.amount': { $gte: 3 } }] });
    expect(filter('answers.urgent', 'eq', 'true')).toEqual({ $and: [{ 'answers.urgent': { $eq: true } }] });
    expect(filter('answers.price', 'eq', '12.50')).toEqual({ $and: [{ 'answers.price': { $eq: '12.50' } }] });
    expect(filter('formVersion', 'lt', '2')).toEqual({ $and: [{ formVersion: { $lt: 2 } }] });
  });

  it('reach fields inside groups', () => {
    expect(filter('answers.due', 'lt', '2026-01-01')).toEqual({
      $and: [{ 'answers.due': { $lt: '2026-01-01' } }],
    });
  });

  it('take several values as JSON, since values may hold commas', () => {
    expect(filter('answers.city', 'in', '["Paris, TX","Rome"]')).toEqual({
      $and: [{ 'answers.city': { $in: ['Paris, TX', 'Rome'] } }],
    });
  });

  it('ask whether there is an answer', () => {
    expect(filter('answers.city', 'exists', 'false')).toEqual({ $and: [{ 'answers.city': { $eq: null } }] });
  });

  it.each([
    ['answers.nobody', 'eq', 'x'],
    ['state', 'eq', 'x'],
    ['answers.amount', 'eq', 'many'],
    ['answers.amount', 'eq', ' '],
    ['answers.urgent', 'eq', 'yes'],
    ['answers.urgent', 'lt', 'true'],
    ['answers.price', 'lt', '5.00'],
    ['answers.tags', 'gte', 'a'],
    ['answers.city', 'in', 'Rome'],
    ['answers.city', 'in', '[]'],
  ] as const)('refuse %s %s %j', (field, op, value) => {
    expect(() => filter(field, op, value)).toThrow(expect.objectContaining({ code: 'bad_request' }));
  });
});

describe('the sort of a list', () => {
  it.each(['submittedAt', 'formVersion', 'answers.amount', 'answers.city', 'answers.urgent'])(
    'may be %s',
    (field) => {
      expect(sortable({ field, descending: true }, fields)).toEqual({ field, descending: true });
    },
  );

  it.each(['answers.tags', 'answers.price', 'answers.nobody', '_id'])('may not be %s', (field) => {
    expect(() => sortable({ field, descending: false }, fields)).toThrow(
      expect.objectContaining({ code: 'bad_request' }),
    );
  });
});
