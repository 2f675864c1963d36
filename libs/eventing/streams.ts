import type { StreamConfig } from '@nats-io/jetstream';

/** What Formbus states of a stream. What it does not state (replicas, placement) is the operator's. */
export type StreamSpec = Pick<StreamConfig, 'name' | 'subjects'> &
  Partial<Omit<StreamConfig, 'name' | 'subjects' | 'metadata'>>;

const SECOND = 1_000_000_000;
const DAY = 24 * 3600 * SECOND;

const unlimited = {
  max_msgs: -1,
  max_bytes: -1,
  max_age: 0,
  max_msgs_per_subject: -1,
  max_msg_size: -1,
  max_consumers: -1,
};

export const EVENTS_STREAM = 'EVENTS';
export const DLQ_STREAM = 'DLQ';
export const LEASE_BUCKET = 'leases';

/**
 * Raised with every change of {@link STREAMS}. A stream that was left by a lower number is updated; one with the same
 * number and other properties was changed by hand, and is refused.
 */
export const TOPOLOGY_VERSION = 1;

export const STREAMS: readonly StreamSpec[] = [
  {
    name: EVENTS_STREAM,
    description: 'Every domain event and every wrapped key, for ever. Truth.',
    subjects: ['evt.>', 'key.>'],
    storage: 'file',
    retention: 'limits',
    ...unlimited,
    discard: 'new',
    duplicate_window: 120 * SECOND,
    allow_direct: true,
    // A mirror went on serving a deleted key.
    mirror_direct: false,
    allow_atomic: true,
    allow_rollup_hdrs: false,
    allow_msg_ttl: false,
    // A purge resets the sequences that appends expect. Erasure deletes single key messages.
    deny_purge: true,
    deny_delete: false,
  },
  {
    name: DLQ_STREAM,
    description: 'What a durable consumer gave up on, and why.',
    subjects: ['dlq.>'],
    storage: 'file',
    retention: 'limits',
    ...unlimited,
    max_age: 30 * DAY,
    discard: 'old',
    duplicate_window: 120 * SECOND,
    allow_direct: true,
    deny_purge: false,
    deny_delete: false,
  },
  {
    name: `KV_${LEASE_BUCKET}`,
    description: 'Who holds which role; a revision is a fencing token, so this lies on disk.',
    subjects: [`$KV.${LEASE_BUCKET}.>`],
    storage: 'file',
    retention: 'limits',
    ...unlimited,
    max_msgs_per_subject: 1,
    discard: 'new',
    duplicate_window: 120 * SECOND,
    allow_direct: true,
    allow_msg_ttl: true,
    allow_rollup_hdrs: true,
    deny_purge: false,
    deny_delete: false,
  },
];
