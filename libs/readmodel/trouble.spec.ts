import { describe, expect, it } from '@jest/globals';
import { Problem } from '#contracts/errors';
import { Fenced } from './checkpoint.ts';
import { CollectionLost } from './collection.ts';
import { ProjectionHalted } from './halt.ts';
import { open, storedEvent } from './testing/events.ts';
import { troubleOf } from './trouble.ts';

describe('a failure of a projection', () => {
  it('at an event halts it until that event is passed', () => {
    const event = storedEvent(7, 'a', open());
    expect(troubleOf(new ProjectionHalted(event, new Error('why')))).toEqual({
      state: 'halted',
      reason: 'cannot handle test.account.opened.v1 (id-7) at e.7: why',
      seq: 7,
      event: {
        position: 'e.7',
        subject: 'evt.w.form.a',
        type: 'test.account.opened.v1',
        id: 'id-7',
        detail: 'why',
      },
    });
  });

  it.each([
    [new Problem('read_model_unavailable'), 'MongoDB cannot be reached'],
    [new Problem('bus_unavailable'), 'the log cannot be reached'],
    [new Fenced('later'), 'later'],
    [new CollectionLost('c'), 'the documents of c are lost'],
  ])('that passes by itself is waited for: %s', (error, reason) => {
    expect(troubleOf(error)).toEqual({ state: 'waiting', reason, seq: 0 });
  });

  it.each([
    [new TypeError('a fault'), 'a fault'],
    ['text', 'text'],
    [new Problem('overloaded'), 'More requests than can be served'],
  ])('that nobody foresaw halts it: %s', (error, reason) => {
    expect(troubleOf(error)).toEqual({ state: 'halted', reason, seq: 0 });
  });
});
