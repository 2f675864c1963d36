import { describe, expect, it } from '@jest/globals';
import { eventType } from '#contracts/event';
import { submissionSubmittedV1 } from '#contracts/submission/submission.events';
import { followedBy, relevanceOf } from './projection.ts';

describe('what is followed for a projection', () => {
  it('is its subjects', () => {
    const projection = { filters: ['evt.*.form.>'], types: ['formbus.form.created.v1'] };
    expect(followedBy(projection)).toEqual({ ...projection, maxBatch: 1000 });
  });

  it('is also the subjects of data keys, if it folds sealed events, in whatever version', () => {
    for (const type of [eventType(submissionSubmittedV1), 'formbus.submission.submitted.v9']) {
      const projection = { filters: ['evt.*.submission.>'], types: [type] };
      expect(followedBy(projection)).toMatchObject({
        filters: ['evt.*.submission.>', 'key.>'],
        maxBatch: 2000,
      });
    }
  });

  it('is its subjects alone in a stream of records, where no keys lie', () => {
    const types = [eventType(submissionSubmittedV1)];
    const projection = { stream: 'TASK_EVENTS', filters: ['tev.>'], types } as const;
    expect(followedBy(projection)).toEqual({ filters: ['tev.>'], types, maxBatch: 1000 });
  });
});

describe('a type', () => {
  const relevance = relevanceOf({ types: ['a.b.v1', 'a.c.v2'] });
  it.each([
    ['a.b.v1', 'folded'],
    ['a.c.v2', 'folded'],
    ['a.b.v2', 'unknown version'],
    ['a.c.v1', 'unknown version'],
    ['a.d.v1', 'ignored'],
    ['a.b', 'unknown version'],
    ['', 'ignored'],
  ])('%s is %s', (type, expected) => {
    expect(relevance(type)).toBe(expected);
  });
});
