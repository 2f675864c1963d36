import { describe, expect, it } from '@jest/globals';
import { readCondition, readSort } from './list-query.ts';

describe('a filter', () => {
  it('is field, operator and value, where the value may hold colons', () => {
    expect(readCondition('answers.state:eq:CA')).toEqual({ field: 'answers.state', op: 'eq', value: 'CA' });
    expect(readCondition('submittedAt:gte:2026-01-01T00:00:00Z')).toEqual({
      field: 'submittedAt',
      op: 'gte',
      value: '2026-01-01T00:00:00Z',
    });
    expect(readCondition('answers.note:eq:')).toEqual({ field: 'answers.note', op: 'eq', value: '' });
  });

  it.each(['', 'state', 'state:eq', 'state:like:x', '$where:eq:1', 'a.b.c:eq:1', 'a..b:eq:1'])(
    'is refused with its place: %j',
    (text) => {
      expect(() => readCondition(text)).toThrow(expect.objectContaining({ code: 'bad_request' }));
    },
  );
});

describe('a sort', () => {
  it('descends with a leading minus', () => {
    expect(readSort('-submittedAt')).toEqual({ field: 'submittedAt', descending: true });
    expect(readSort('answers.state')).toEqual({ field: 'answers.state', descending: false });
  });

  it.each(['', '-', '$natural', 'a,b'])('is refused: %j', (text) => {
    expect(() => readSort(text)).toThrow(expect.objectContaining({ code: 'bad_request' }));
  });
});
