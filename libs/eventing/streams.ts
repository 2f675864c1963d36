import type { StreamConfig } from '@nats-io/jetstream';
import { RECORD_STREAMS } from '#contracts/records';
import { TIERS, type Tier } from '#contracts/task';

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
export const TASK_EVENTS_STREAM = RECORD_STREAMS.task;
export const DELIVERIES_STREAM = RECORD_STREAMS.delivery;
/** The streams that hold CloudEvents and are read in order, by positions of an epoch of their own. */
export const LOG_STREAMS = [EVENTS_STREAM, TASK_EVENTS_STREAM, DELIVERIES_STREAM] as const;
export type LogStream = (typeof LOG_STREAMS)[number];

export const TASK_STREAMS = {
  high: 'TASKS_HIGH',
  default: 'TASKS_DEFAULT',
  batch: 'TASKS_BATCH',
} as const satisfies Record<Tier, string>;
export const DLQ_STREAM = 'DLQ';
export const LEASE_BUCKET = 'leases';

/**
 * Raised with every change of {@link STREAMS}. A stream that was left by a lower number is updated; one with the same
 * number and other properties was changed by hand, and is refused.
 */
export const TOPOLOGY_VERSION = 2;

/** Where the tasks of a tier wait for a worker, and the schedules that bring tasks of it. */
const taskStream = (tier: Tier): StreamSpec => ({
  name: TASK_STREAMS[tier],
  description: `Tasks of the tier ${tier} until they are done, and their schedules.`,
  subjects: [`task.${tier}.>`, `sched.${tier}.>`],
  storage: 'file',
  retention: 'workqueue',
  ...unlimited,
  // What the server asks of a stream with schedules; how many tasks may wait is bounded by those who enqueue them.
  discard: 'old',
  duplicate_window: 120 * SECOND,
  allow_direct: true,
  allow_atomic: true,
  allow_msg_ttl: true,
  allow_msg_schedules: true,
  // A schedule is cancelled by purging its subject.
  deny_purge: false,
  deny_delete: false,
});

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
  ...TIERS.map(taskStream),
  {
    name: TASK_EVENTS_STREAM,
    description: 'The state of every task that callers follow, each record the whole of it.',
    subjects: ['tev.>'],
    storage: 'file',
    retention: 'limits',
    ...unlimited,
    max_age: 30 * DAY,
    max_msgs_per_subject: 1,
    discard: 'old',
    duplicate_window: 120 * SECOND,
    allow_direct: true,
    allow_atomic: true,
    // A task's record goes when its result can no longer be read.
    allow_msg_ttl: true,
    deny_purge: false,
    deny_delete: false,
  },
  {
    name: DELIVERIES_STREAM,
    description: 'Attempts to deliver webhooks and mail.',
    subjects: ['delivery.>'],
    storage: 'file',
    retention: 'limits',
    ...unlimited,
    max_age: 30 * DAY,
    discard: 'old',
    duplicate_window: 120 * SECOND,
    allow_direct: true,
    allow_atomic: true,
    deny_purge: false,
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
