import type { z } from 'zod';
import { taskSubject, type TaskDefinition } from '#contracts/task';
import { escapeHeader, unescapeHeader } from '../headers.ts';
import type { RawMessage } from '../direct-get.ts';

/** A task as it waits for a worker, beside its payload. */
export interface TaskEnvelope {
  /** Derived from its cause, so that the same cause asks for the same task: `<event id>:<purpose>`. */
  readonly id: string;
  readonly kind: string;
  /** 1 at first; each retry is a message of its own, with the next number. */
  readonly attempt: number;
  readonly queuedAt: string;
  /** The request that it all began with; the task's own id where it began with nobody's. */
  readonly correlation: string;
  readonly actor: string;
  readonly batch?: string;
  readonly traceparent?: string;
  /** Workers that ended while they had it, as far as that is known; none when absent. */
  readonly deaths?: number;
}

/** A task as a worker gets it. */
export interface Task<Payload> extends TaskEnvelope {
  readonly payload: Payload;
}

const SCHEDULER = 'Nats-Scheduler';
const RECURRING = 'formbus-recurring';
const DEATHS = 'formbus-deaths';

/** Header lines of a task, each ended by CR LF. */
export function printTask(envelope: TaskEnvelope, { recurring = false } = {}): string {
  const { id, kind, attempt, queuedAt, correlation, actor, batch, traceparent, deaths } = envelope;
  let lines =
    `formbus-task: ${escapeHeader(id)}\r\nformbus-kind: ${kind}\r\nformbus-attempt: ${attempt}\r\n` +
    `formbus-queued-at: ${queuedAt}\r\nformbus-correlation: ${escapeHeader(correlation)}\r\n` +
    `formbus-actor: ${escapeHeader(actor)}\r\n`;
  if (batch !== undefined) lines += `formbus-batch: ${escapeHeader(batch)}\r\n`;
  if (traceparent !== undefined) lines += `traceparent: ${traceparent}\r\n`;
  if (deaths !== undefined) lines += `${DEATHS}: ${deaths}\r\n`;
  if (recurring) lines += `${RECURRING}: 1\r\n`;
  return lines;
}

/**
 * What a worker was given, its payload as the schema reads it.
 *
 * @throws Error when a header is missing or the payload does not fit: it never will, so the task is for the dead letters
 */
export function parseTask<Payload extends z.ZodType>(
  { payload: schema }: { readonly payload: Payload },
  message: RawMessage,
): Task<z.infer<Payload>> {
  const envelope = parseTaskEnvelope(message);
  const payload = schema.parse(JSON.parse(Buffer.from(message.payload).toString('utf8')));
  return { ...envelope, payload };
}

/** @throws Error when a header is missing */
export function parseTaskEnvelope({ seq, headers }: Pick<RawMessage, 'seq' | 'headers'>): TaskEnvelope {
  const required = (name: string): string => {
    const value = headers.get(name);
    if (value === undefined) throw new Error(`not a task: the header ${name} is missing`);
    return unescapeHeader(value);
  };
  const attempt = Number(required('formbus-attempt'));
  if (!Number.isSafeInteger(attempt) || attempt < 1)
    throw new Error('formbus-attempt is not a positive integer');
  const name = required('formbus-task');
  const batch = headers.get('formbus-batch');
  const traceparent = headers.get('traceparent');
  const deaths = Number(headers.get(DEATHS) ?? 0);
  return {
    // A recurring task's message is the same each time; the place in its stream tells one run from the next.
    id: headers.has(RECURRING) && headers.has(SCHEDULER) ? `${name}-${seq}` : name,
    kind: required('formbus-kind'),
    attempt,
    queuedAt: required('formbus-queued-at'),
    correlation: required('formbus-correlation'),
    actor: required('formbus-actor'),
    ...(batch !== undefined && { batch: unescapeHeader(batch) }),
    ...(traceparent !== undefined && { traceparent }),
    ...(deaths > 0 && { deaths }),
  };
}

/** Names the task for the stream's duplicate window. */
export const messageId = ({ kind, id }: Pick<TaskEnvelope, 'kind' | 'id'>): string =>
  `Nats-Msg-Id: ${kind}.${escapeHeader(id)}\r\n`;

/** Names what is put back in the place of one message, so that this is done once, however often it was delivered. */
export const putBackId = ({ kind, id }: Pick<TaskEnvelope, 'kind' | 'id'>, seq: number): string =>
  `Nats-Msg-Id: ${kind}.${escapeHeader(id)}@${seq}\r\n`;

/** When a schedule fires: once, or again and again by an interval or a cron expression of six fields. */
export type When =
  | { readonly at: Date }
  | { readonly everyMs: number }
  | { readonly cron: string; readonly timeZone?: string };

/** Header lines that make a message a schedule: the server publishes it on `target` when its time has come. */
export function printSchedule(when: When, definition: Pick<TaskDefinition, 'tier' | 'kind'>): string {
  return `${timeOf(when)}Nats-Schedule-Target: ${taskSubject(definition)}\r\n`;
}

function timeOf(when: When): string {
  if ('at' in when) return `Nats-Schedule: @at ${when.at.toISOString()}\r\n`;
  if ('everyMs' in when) return `Nats-Schedule: @every ${Math.max(1, Math.round(when.everyMs / 1000))}s\r\n`;
  const zone = when.timeZone === undefined ? '' : `Nats-Schedule-Time-Zone: ${when.timeZone}\r\n`;
  return `Nats-Schedule: ${when.cron}\r\n${zone}`;
}

/**
 * Where the schedule of one task lies: a subject of its own, outside of the workers' filters. The name becomes one
 * token whatever it holds: another message on it replaces the schedule.
 */
export function scheduleSubject({ tier, kind }: Pick<TaskDefinition, 'tier' | 'kind'>, name: string): string {
  const token = /^[A-Za-z0-9_-]+$/.test(name) ? name : `~${Buffer.from(name).toString('base64url')}`;
  return `sched.${tier}.${kind}.${token}`;
}
