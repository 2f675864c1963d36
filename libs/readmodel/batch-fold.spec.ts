import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StoredEvent } from '#eventing/stored-event';
import { foldBatch } from './batch-fold.ts';
import type { StoredDocument } from './projection.ts';
import { selectEvents } from './select-events.ts';
import { accounts, UNLUCKY } from './testing/accounts.ts';
import { close, move, open, storedEvent } from './testing/events.ts';
import { ACCOUNTS, histories } from './testing/histories.ts';

type Store = Map<string, StoredDocument>;

/** What MongoDB does with a batch: each document alone, in any order, unless it holds a later event already. */
function write(
  store: Store,
  batch: readonly StoredEvent[],
  only: (id: string) => boolean = () => true,
): void {
  const { events } = selectEvents(accounts, batch);
  for (const [id, { value }] of foldBatch(accounts, events, store).documents) {
    if (only(id) && (store.get(id)?._seq ?? 0) < value._seq) store.set(id, value);
  }
}

/** The fold as it is meant: one event after the other. */
function oneByOne(history: readonly StoredEvent[]): Store {
  const store: Store = new Map();
  for (const event of history) write(store, [event]);
  return store;
}

const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 8 });

function batches(history: readonly StoredEvent[], at: readonly number[]): (readonly StoredEvent[])[] {
  const borders = [0, ...[...at].sort((a, b) => a - b), history.length];
  return borders.slice(1).map((border, index) => history.slice(borders[index], border));
}

describe('a batched fold', () => {
  it('gives what folding one by one gives, however the log is cut', () => {
    fc.assert(
      fc.property(histories, cuts, (history, at) => {
        const store: Store = new Map();
        for (const batch of batches(history, at)) write(store, batch);
        expect(store).toEqual(oneByOne(history));
      }),
    );
  });

  it('gives the same when batches are half written, and replayed cut otherwise, as after a crash', () => {
    fc.assert(
      fc.property(
        histories,
        cuts,
        fc.nat(60),
        fc.nat(60),
        fc.subarray<string>([...ACCOUNTS]),
        (history, at, from, to, half) => {
          const store: Store = new Map();
          const checkpoint = Math.min(from, to, history.length);
          write(store, history.slice(0, checkpoint));
          write(store, history.slice(checkpoint, Math.max(from, to)), (id) => half.includes(id));
          for (const batch of batches(history.slice(checkpoint), at)) write(store, batch);
          expect(store).toEqual(oneByOne(history));
        },
      ),
    );
  });

  it('gives the same when a former holder writes an old batch late', () => {
    fc.assert(
      fc.property(histories, fc.nat(60), fc.nat(60), (history, from, to) => {
        const store: Store = new Map();
        const checkpoint = Math.min(from, to);
        write(store, history.slice(0, checkpoint));
        const { events } = selectEvents(accounts, history.slice(checkpoint, Math.max(from, to)));
        const late = foldBatch(accounts, events, new Map(store)).documents;
        write(store, history.slice(checkpoint));
        for (const [id, { value }] of late) if ((store.get(id)?._seq ?? 0) < value._seq) store.set(id, value);
        expect(store).toEqual(oneByOne(history));
      }),
    );
  });

  it('leaves a tombstone, so that an event before the deletion changes nothing any more', () => {
    const events = [storedEvent(1, 'a', open()), storedEvent(2, 'a', close())];
    const { documents } = foldBatch(accounts, events, new Map());
    expect(documents.get('a')).toEqual({ value: { _id: 'a', _seq: 2, _deleted: true }, existed: false });
    const tombstone = documents.get('a')?.value;
    const again = foldBatch(accounts, events, new Map(tombstone && [['a', tombstone]]));
    expect(again.documents.size).toBe(0);
  });

  it('writes nothing for a document that never was', () => {
    const { documents } = foldBatch(accounts, [storedEvent(1, 'a', move(1))], new Map());
    expect(documents.size).toBe(0);
  });

  it('stops at the first event that fails and keeps what came before', () => {
    const events = [
      storedEvent(1, 'a', open()),
      storedEvent(2, 'b', move(UNLUCKY)),
      storedEvent(3, 'a', move(5)),
    ];
    const { documents, failure } = foldBatch(accounts, events, new Map());
    expect(documents.get('a')?.value).toMatchObject({ balance: 0, _seq: 1 });
    expect(failure).toMatchObject({ event: { seq: 2 }, cause: { message: 'thirteen is bad luck' } });
  });

  it('fails an event whose fold gives another document', () => {
    const astray = {
      ...accounts,
      fold: () => ({ _id: 'z', owner: '', balance: 0, moves: [], text: '', version: 1 }),
    };
    const { failure } = foldBatch(astray, [storedEvent(1, 'a', open())], new Map());
    expect(failure).toMatchObject({
      cause: { message: 'the fold gave document z for an event of document a' },
    });
  });
});
