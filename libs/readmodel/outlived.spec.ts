import { describe, expect, it } from '@jest/globals';
import type { EventLog } from '#eventing/event-log';
import type { StoredEvent } from '#eventing/stored-event';
import { DELIVERIES_STREAM, EVENTS_STREAM } from '#eventing/streams';
import { isOutlived } from './outlived.ts';
import type { StoredDocument } from './projection.ts';

const NOW = Date.parse('2026-01-02T03:04:05.000Z');
const projection = { expiry: 'until' };

const document = (_seq: number, inMs = 3_600_000): StoredDocument =>
  ({ _id: 'a', _seq, until: new Date(NOW + inMs) }) as StoredDocument;
const tombstone = (_seq: number): StoredDocument => ({ _id: 'a', _seq, _deleted: true });

/** A stream that still holds these sequences. */
const holding = (...seqs: number[]): Pick<EventLog, 'stream' | 'at'> => ({
  stream: DELIVERIES_STREAM,
  at: (seq) => Promise.resolve(seqs.includes(seq) ? ({ seq } as StoredEvent) : undefined),
});

describe('a document that is not as its rebuild is excused', () => {
  it('when it has expired, or will before long', async () => {
    for (const ms of [-1, 30_000]) {
      expect(await isOutlived({ one: document(1, ms), other: undefined }, projection, holding(1), NOW)).toBe(
        true,
      );
      expect(await isOutlived({ one: undefined, other: document(1, ms) }, projection, holding(1), NOW)).toBe(
        true,
      );
    }
  });

  it('when its last event is gone before the rebuild came to it', async () => {
    const one = document(5);
    expect(await isOutlived({ one, other: undefined }, projection, holding(), NOW)).toBe(true);
    expect(await isOutlived({ one, other: document(3) }, projection, holding(3), NOW)).toBe(true);
    expect(await isOutlived({ one, other: tombstone(3) }, projection, holding(), NOW)).toBe(true);
  });
});

describe('a document that is not as its rebuild is at fault', () => {
  it('when its last event is still there', async () => {
    expect(await isOutlived({ one: document(5), other: undefined }, projection, holding(5), NOW)).toBe(false);
    expect(await isOutlived({ one: document(5), other: undefined }, {}, holding(5), NOW)).toBe(false);
  });

  it('when it lacks what the rebuild has', async () => {
    expect(await isOutlived({ one: undefined, other: document(5) }, projection, holding(5), NOW)).toBe(false);
    expect(await isOutlived({ one: document(3), other: document(5) }, projection, holding(5), NOW)).toBe(
      false,
    );
    expect(await isOutlived({ one: tombstone(3), other: document(5) }, projection, holding(5), NOW)).toBe(
      false,
    );
  });

  it('when both are of the same event', async () => {
    expect(await isOutlived({ one: document(5), other: document(5) }, projection, holding(), NOW)).toBe(
      false,
    );
  });

  it('when its own expiry has passed and that of the rebuild has not', async () => {
    expect(await isOutlived({ one: document(5, -1), other: document(5) }, projection, holding(5), NOW)).toBe(
      false,
    );
  });

  it('over a log that forgets nothing', async () => {
    const log = { ...holding(), stream: EVENTS_STREAM } as const;
    expect(await isOutlived({ one: document(5), other: undefined }, {}, log, NOW)).toBe(false);
  });
});
