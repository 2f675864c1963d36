import { describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '#eventing/stored-event';
import { selectEvents } from './select-events.ts';
import { accounts } from './testing/accounts.ts';
import { move, note, open, storedEvent } from './testing/events.ts';

const ofType = (event: StoredEvent, type: string): StoredEvent => ({ ...event, type, known: false });

describe('what a projection selects of a batch', () => {
  it('is the events of its types and their documents', () => {
    const batch = [storedEvent(1, 'a', open()), storedEvent(2, 'a', note()), storedEvent(3, 'b', move(1))];
    const { events, ids, failure } = selectEvents(accounts, batch);
    expect(events.map(({ seq }) => seq)).toEqual([1, 3]);
    expect([...ids]).toEqual(['a', 'b']);
    expect(failure).toBeUndefined();
  });

  it('passes over types that it does not fold, known or not', () => {
    const batch = [
      ofType(storedEvent(1, 'a', open()), 'test.account.frozen.v7'),
      storedEvent(2, 'a', note()),
    ];
    expect(selectEvents(accounts, batch)).toMatchObject({ events: [], failure: undefined });
  });

  it('ends before an unknown version of a type that it folds', () => {
    const batch = [
      storedEvent(1, 'a', open()),
      ofType(storedEvent(2, 'a', move(1)), 'test.account.moved.v2'),
      storedEvent(3, 'a', move(1)),
    ];
    const { events, failure } = selectEvents(accounts, batch);
    expect(events.map(({ seq }) => seq)).toEqual([1]);
    expect(failure).toMatchObject({
      event: { seq: 2 },
      cause: { message: 'this version of the type is not known here' },
    });
  });

  it('ends before an event that belongs to no document', () => {
    const homeless = {
      ...accounts,
      documentId(): string {
        throw new Error('no such subject');
      },
    };
    expect(selectEvents(homeless, [storedEvent(1, 'a', open())])).toMatchObject({
      events: [],
      failure: { event: { seq: 1 } },
    });
  });

  it('ends behind the sequence that it is given', () => {
    const batch = [storedEvent(1, 'a', open()), storedEvent(2, 'a', move(1))];
    expect(selectEvents(accounts, batch, 1).events.map(({ seq }) => seq)).toEqual([1]);
  });
});
