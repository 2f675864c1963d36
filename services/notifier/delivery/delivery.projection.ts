import { deliveryAttemptedV1, type DeliveryAttempt } from '#contracts/delivery/delivery.records';
import { eventType } from '#contracts/event';
import { families } from '#contracts/subjects';
import type { StoredEvent } from '#eventing/stored-event';
import type { Projection } from '#readmodel/projection';

/** One attempt as it is kept: what is the same for all of a delivery lies beside them. */
export type AttemptDocument = Omit<DeliveryAttempt, 'delivery' | 'channel' | 'endpoint' | 'event'>;

/** How it stands with a delivery, over all its attempts. */
type Standing = Pick<DeliveryAttempt, 'state' | 'nextAttemptAt'>;

/** One delivery with what became of it. */
export interface DeliveryDocument extends Pick<DeliveryAttempt, 'channel' | 'endpoint' | 'event'>, Standing {
  readonly _id: string;
  readonly workspace: string;
  /** How often it was tried. */
  readonly count: number;
  /** The last of them, oldest first. */
  readonly attempts: readonly AttemptDocument[];
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly expiresAt: Date;
}

const KEPT_MS = 30 * 24 * 3600 * 1000;
const ATTEMPTS_KEPT = 50;

/** The read model of deliveries. Raise `version` with every change to what it stores. */
export const deliveriesProjection: Projection<DeliveryDocument> = {
  name: 'deliveries',
  version: 2,
  stream: 'DELIVERIES',
  // With the first of its records, which the stream keeps as long.
  expiry: 'expiresAt',
  filters: [families.delivery],
  types: [eventType(deliveryAttemptedV1)],
  indexes: [
    { name: 'by_endpoint', key: { workspace: 1, endpoint: 1, createdAt: -1, _id: -1 } },
    { name: 'by_state', key: { endpoint: 1, state: 1, createdAt: -1, _id: -1 } },
    { name: 'by_submission', key: { 'event.submission': 1 } },
  ],
  documentId: (event) => dataOf(event).delivery,
  fold(document, event) {
    const { delivery, channel, endpoint, event: about, ...attempt } = dataOf(event);
    return {
      _id: delivery,
      workspace: event.workspace,
      channel,
      endpoint,
      event: about,
      ...standing(document, attempt),
      count: (document?.count ?? 0) + 1,
      attempts: [...(document?.attempts ?? []), attempt].slice(-ATTEMPTS_KEPT),
      createdAt: document?.createdAt ?? event.time,
      updatedAt: event.time,
      expiresAt: document?.expiresAt ?? new Date(Date.parse(event.time) + KEPT_MS),
    };
  },
};

/**
 * What was delivered stays so, whatever a later attempt comes to, or one that was under way and is recorded late. One
 * that somebody asked for and that fails does not end a delivery whose retry waits.
 */
function standing(
  before: Standing | undefined,
  { cause, state, nextAttemptAt }: Pick<AttemptDocument, 'cause' | 'state' | 'nextAttemptAt'>,
): Standing {
  if (state === 'delivered' || before?.state === 'delivered')
    return { state: 'delivered', nextAttemptAt: null };
  const isAside = cause === 'redelivery' || cause === 'replay';
  if (isAside && before?.state === 'retrying')
    return { state: before.state, nextAttemptAt: before.nextAttemptAt };
  return { state, nextAttemptAt };
}

const dataOf = (event: StoredEvent): DeliveryAttempt => event.data as DeliveryAttempt;
