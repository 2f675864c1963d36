import { z } from 'zod';
import type { FiledLetter } from '#eventing/dead-letters';

const LetterError = z.object({ name: z.string(), message: z.string() });

export const DeadLetterSummary = z.object({
  id: z.string(),
  stream: z.string().meta({ description: 'Where the message came from' }),
  durable: z.string().meta({ description: 'The durable consumer that gave it up' }),
  kind: z.string().nullable().meta({ description: 'Of a task: its kind' }),
  task: z.string().nullable().meta({ description: 'Of a task: its id' }),
  workspace: z.string().nullable(),
  attempts: z.int().nonnegative(),
  error: LetterError.meta({ description: 'What the last attempt failed with' }),
  parkedAt: z.iso.datetime(),
  discarded: z
    .object({ at: z.iso.datetime(), actor: z.string(), reason: z.string() })
    .nullable()
    .meta({ description: 'By whom and why it was put away; null while somebody is still to decide' }),
});
export type DeadLetterSummary = z.infer<typeof DeadLetterSummary>;

export const DeadLetter = DeadLetterSummary.extend({
  error: LetterError.extend({ stack: z.string().optional() }),
  seq: z.int().positive().meta({ description: 'The sequence of the message in its stream' }),
  subject: z.string(),
  headers: z.record(z.string(), z.string()),
  payload: z.unknown().meta({
    description:
      'Of a task what it was given, which is ids alone; null of an event, which stays in the log where erasure reaches it',
  }),
}).meta({
  id: 'DeadLetter',
  description: 'A task or an event that was given up',
  examples: [
    {
      id: '42',
      stream: 'TASKS_BATCH',
      durable: 'webhook-replay',
      kind: 'webhook-replay',
      task: '0198a4c2-7d0e-7c53-9a41-5d2f6f3b8a10',
      workspace: 'default',
      attempts: 9,
      error: { name: 'Error', message: 'connect ECONNREFUSED' },
      parkedAt: '2026-03-01T09:30:00.000Z',
      discarded: null,
      seq: 17,
      subject: 'task.batch.webhook-replay',
      headers: { 'formbus-kind': 'webhook-replay' },
      payload: { workspace: 'default', webhook: '0198a4b0-11a2-7e6f-8c1d-2b9a7f0c4d55' },
    },
  ],
});
export type DeadLetter = z.infer<typeof DeadLetter>;

export function summarize(letter: FiledLetter): DeadLetterSummary {
  const { id, stream, durable, kind, task, workspace, attempts, error, parkedAt, discarded } = letter;
  const { name, message } = error;
  return {
    ...{ id, stream, durable, kind, task, workspace, attempts, parkedAt },
    error: { name, message },
    discarded: discarded && { ...discarded },
  };
}

export function describeLetter(letter: FiledLetter): DeadLetter {
  const { error, seq, subject, headers, payload } = letter;
  return {
    ...summarize(letter),
    ...{ seq, subject },
    error: { ...error },
    headers: { ...headers },
    payload: payload === undefined ? null : readPayload(payload),
  };
}

/** @returns the text where it is not JSON, which may be why it was given up */
function readPayload(base64: string): unknown {
  const text = Buffer.from(base64, 'base64').toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
