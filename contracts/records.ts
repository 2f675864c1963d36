import { deliveryAttemptedV1 } from './delivery/delivery.records.ts';
import type { RecordDefinition, RecordFamily, Upcaster } from './event.ts';
import { batchMemberEndedV1, taskChangedV1 } from './task/task.records.ts';

/**
 * What is recorded for a while and is no domain event: the state of tasks (stream TASK_EVENTS) and attempts at
 * deliveries (stream DELIVERIES). Same envelope, same rules of versions, other streams.
 */
export const RECORDS: readonly RecordDefinition[] = [taskChangedV1, batchMemberEndedV1, deliveryAttemptedV1];

export const RECORD_UPCASTERS: readonly Upcaster[] = [];

/** The stream of each family. */
export const RECORD_STREAMS = {
  task: 'TASK_EVENTS',
  delivery: 'DELIVERIES',
} as const satisfies Record<RecordFamily, string>;

/** Who records a family. */
export const RECORDERS = {
  task: 'whoever enqueues the task or works on it',
  delivery: 'notifier',
} as const satisfies Record<RecordFamily, string>;
