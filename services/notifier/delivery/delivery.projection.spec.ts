import { describe, expect, it } from '@jest/globals';
import type { DeliveryAttempt } from '#contracts/delivery/delivery.records';
import type { StoredEvent } from '#eventing/stored-event';
import { deliveriesProjection, type DeliveryDocument } from './delivery.projection.ts';

const [SOON, LATER] = ['2026-03-01T10:05:00.000Z', '2026-03-01T10:35:00.000Z'];

const attempted = (
  cause: DeliveryAttempt['cause'],
  state: DeliveryAttempt['state'],
  nextAttemptAt: string | null = null,
): StoredEvent =>
  ({
    ...{ workspace: 'acme', time: '2026-03-01T10:00:00.000Z' },
    data: { delivery: 'msg_1', endpoint: 'w1', cause, state, nextAttemptAt },
  }) as unknown as StoredEvent;

const after = (...events: readonly StoredEvent[]): DeliveryDocument | undefined =>
  events.reduce<DeliveryDocument | undefined>(
    (document, event) => deliveriesProjection.fold(document, event),
    undefined,
  );

const retrying = attempted('event', 'retrying', SOON);
const redelivered = attempted('redelivery', 'delivered');
const redeliveryFailed = attempted('redelivery', 'failed');
const replayed = attempted('replay', 'delivered');
const replayFailed = attempted('replay', 'failed');

describe('a delivery', () => {
  it.each([
    ['waits for its retry', [retrying], 'retrying', SOON],
    ['waits for the next one', [retrying, attempted('retry', 'retrying', LATER)], 'retrying', LATER],
    ['fails with its last attempt', [retrying, attempted('retry', 'failed')], 'failed', null],
    ['is delivered by its retry', [retrying, attempted('retry', 'delivered')], 'delivered', null],
    ['is delivered by hand', [retrying, redelivered], 'delivered', null],
    ['is delivered by a replay', [attempted('event', 'failed'), replayed], 'delivered', null],
    ['has failed when nothing waits', [attempted('event', 'failed'), redeliveryFailed], 'failed', null],
    ['still waits after a failure by hand', [retrying, redeliveryFailed], 'retrying', SOON],
    ['still waits after the failure of a replay', [retrying, replayFailed], 'retrying', SOON],
    [
      'is delivered once and for all, by hand',
      [attempted('event', 'delivered'), redeliveryFailed],
      'delivered',
      null,
    ],
    ['is delivered once and for all, by a replay', [redelivered, replayFailed], 'delivered', null],
    ['is delivered though an earlier attempt is recorded late', [redelivered, retrying], 'delivered', null],
  ])('%s', (_what, events, state, nextAttemptAt) => {
    expect(after(...events)).toMatchObject({ state, nextAttemptAt, count: events.length });
  });
});
