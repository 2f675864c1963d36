import { z } from 'zod';
import { Position } from '../rpc.ts';
import { defineTask } from '../task.ts';
import { MailPurpose } from './mail.events.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Address and text are made when it is sent, from what the event is about: neither lies in a queue. */
export const mailTask = defineTask({
  kind: 'mail',
  tier: 'high',
  summary: 'Sends one mail that an event asks for.',
  payload: z.object({
    workspace: z.string(),
    purpose: MailPurpose,
    /** The event that asks for it. */
    event: z.object({ id: z.string(), type: z.string(), time: z.iso.datetime(), position: Position }),
    /** What it happened to: of a receipt its form and submission, else a webhook. */
    form: z.string().nullable(),
    submission: z.string().nullable(),
    webhook: z.string().nullable(),
  }),
  tracked: false,
  timeoutMs: 90 * SECOND,
  // A mail server that greylists asks for minutes, one that is down for hours; after half a day a receipt is no use.
  backoffMs: [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR],
  concurrency: 8,
  // One form's flood of receipts leaves slots for everybody else.
  key: ({ workspace }) => workspace,
  perKey: 2,
});
