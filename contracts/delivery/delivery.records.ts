import { z } from 'zod';
import { defineEvent } from '../event.ts';

export const DELIVERY_CHANNELS = ['webhook', 'mail'] as const;

/** What one attempt left behind: taken; to be tried again; given up. */
export const DELIVERY_STATES = ['delivered', 'retrying', 'failed'] as const;
export const DeliveryState = z.enum(DELIVERY_STATES);
export type DeliveryState = z.infer<typeof DeliveryState>;

/** Why an attempt was made: the event itself, a failure before, or somebody who asked. */
export const AttemptCause = z.enum(['event', 'retry', 'redelivery', 'replay', 'test']);
export type AttemptCause = z.infer<typeof AttemptCause>;

/** What was to be told, by ids. */
export const DeliveredEvent = z.object({
  id: z.string(),
  type: z.string(),
  time: z.iso.datetime(),
  /** Where it lies; null for a test. */
  source: z.enum(['log', 'tasks']).nullable(),
  position: z.string().nullable(),
  form: z.string().nullable(),
  submission: z.string().nullable(),
});
export type DeliveredEvent = z.infer<typeof DeliveredEvent>;

export const AttemptError = z.object({
  /** `status`, `timeout`, `connect`, `tls`, `refused_target`, ...: one word, for programs. */
  code: z.string().max(60),
  detail: z.string().max(500),
});
export type AttemptError = z.infer<typeof AttemptError>;

const Headers = z.record(z.string(), z.string());

export const deliveryAttemptedV1 = defineEvent({
  name: 'formbus.delivery.attempted',
  version: 1,
  family: 'delivery',
  summary: 'Something was sent to a webhook or by mail, with this result.',
  data: z.object({
    /** The same for every attempt to tell one event to one endpoint; of a webhook its `webhook-id`. */
    delivery: z.string().max(200),
    channel: z.enum(DELIVERY_CHANNELS),
    /** The webhook; for mail what it was sent for. */
    endpoint: z.string(),
    event: DeliveredEvent,
    cause: AttemptCause,
    /** 1, 2, 3 ... within the schedule of retries; 1 for what somebody asked for. */
    attempt: z.int().positive(),
    state: DeliveryState,
    startedAt: z.iso.datetime(),
    durationMs: z.int().nonnegative(),
    /** Without the body, which is made of the event again where it is asked for, and without signatures. */
    request: z.object({ url: z.string(), headers: Headers, bytes: z.int().nonnegative() }).nullable(),
    response: z
      .object({
        status: z.int(),
        headers: Headers,
        /** Cipher text (purpose `delivery.<delivery>.response`) of the first bytes; of failed attempts alone. */
        body: z.string().nullable(),
      })
      .nullable(),
    error: AttemptError.nullable(),
    /** Not before; null when there is none. */
    nextAttemptAt: z.iso.datetime().nullable(),
  }),
});
export type DeliveryAttempt = z.infer<typeof deliveryAttemptedV1.data>;
