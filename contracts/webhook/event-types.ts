import { EVENTS } from '../catalog.ts';
import { eventType } from '../event.ts';

/** Where events of a type come from: the log, whose events can be replayed, or the ends of tasks. */
export type EventSource = 'log' | 'tasks';

/** A type of event that an endpoint can get. */
export interface EventTypeEntry {
  /** The full type with its version, the `type` of the request's body. */
  readonly type: string;
  readonly source: EventSource;
  readonly summary: string;
}

const FAMILIES: ReadonlySet<string> = new Set(['form', 'submission']);

/** The one event of its family that concerns others: the rest is bookkeeping of the endpoint. */
const WEBHOOK_DISABLED = 'formbus.webhook.disabled';

/** A task that callers follow has ended. Made when it is sent: in the record it is a `formbus.task.changed.v1`. */
export const TASK_FINISHED = 'formbus.task.finished.v1';

/** Sent on request alone, to see whether an endpoint works. */
export const WEBHOOK_TEST = 'formbus.webhook.test.v1';

const newest = new Map<string, number>();
for (const { name, version } of EVENTS) newest.set(name, Math.max(version, newest.get(name) ?? 0));

/** Everything that endpoints can subscribe to: of each event of the log its newest version, and ends of tasks. */
export const EVENT_TYPES: readonly EventTypeEntry[] = [
  ...EVENTS.filter(({ name, family }) => FAMILIES.has(family) || name === WEBHOOK_DISABLED)
    .filter(({ name, version }) => version === newest.get(name))
    .map((definition) => ({
      type: eventType(definition),
      source: 'log' as const,
      summary: definition.summary,
    })),
  {
    type: TASK_FINISHED,
    source: 'tasks',
    summary: 'A task that can be followed has succeeded, failed for good, or was cancelled.',
  },
];
