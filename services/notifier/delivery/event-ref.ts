import { EVENT_TYPES, TASK_FINISHED, type EventSource } from '#contracts/webhook/event-types';
import type { DeliveredEvent } from '#contracts/delivery/delivery.records';
import { TASK_ENDS, type TaskSnapshot } from '#contracts/task/task.records';
import { eventName } from '#eventing/catalog';
import type { RawMessage } from '#eventing/direct-get';
import { parseEnvelope } from '#eventing/headers';
import { formatPosition } from '#eventing/position';

/** An event that may be delivered, by its envelope alone. */
export interface EventRef {
  readonly source: EventSource;
  readonly seq: number;
  readonly position: string;
  readonly subject: string;
  readonly workspace: string;
  readonly id: string;
  /** As endpoints know it: of the newest version. */
  readonly type: string;
  readonly time: string;
  /** Of what it happened to. */
  readonly version: number;
  readonly actor: string;
  readonly correlation: string;
  readonly form: string | null;
  readonly submission: string | null;
  readonly webhook: string | null;
  readonly task: string | null;
}

const NEWEST = new Map(EVENT_TYPES.map(({ type }) => [eventName(type), type]));

/** The event of a message of the log, whose payload is not needed; undefined when it is of no type that is delivered. */
export function refOfLog(message: RawMessage, epoch: string): EventRef | undefined {
  const type = NEWEST.get(eventName(message.headers.get('ce-type') ?? ''));
  if (type === undefined) return undefined;
  return refOf(message, epoch, 'log', type);
}

/** The end of a task; undefined while it goes on. */
export function refOfTask(message: RawMessage, epoch: string): EventRef | undefined {
  const { state } = JSON.parse(Buffer.from(message.payload).toString('utf8')) as TaskSnapshot;
  return TASK_ENDS.has(state) ? refOf(message, epoch, 'tasks', TASK_FINISHED) : undefined;
}

function refOf(message: RawMessage, epoch: string, source: EventSource, type: string): EventRef {
  const { seq, subject } = message;
  const { id, time, version, actor, correlation } = parseEnvelope(message.headers);
  const [, workspace = '', family = '', first = null, second = null] = subject.split('.');
  return {
    source,
    seq,
    position: formatPosition(epoch, seq),
    subject,
    workspace,
    id,
    type,
    time,
    version,
    actor,
    correlation,
    form: family === 'form' || family === 'submission' ? first : null,
    submission: family === 'submission' ? second : null,
    webhook: family === 'webhook' ? first : null,
    // `tev.<workspace>.<task>`
    task: source === 'tasks' ? family : null,
  };
}

/** The event as the delivery log names it. */
export const asDelivered = ({
  id,
  type,
  time,
  source,
  position,
  form,
  submission,
}: EventRef): DeliveredEvent => ({
  id,
  type,
  time,
  source,
  position,
  form,
  submission,
});
