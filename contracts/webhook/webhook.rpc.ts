import { z } from 'zod';
import { AttemptCause, AttemptError, DeliveredEvent, DeliveryState } from '../delivery/delivery.records.ts';
import { FormId } from '../form/form.rpc.ts';
import { Caller, CommandCaller, Committed, defineRpc, Freshness, Position } from '../rpc.ts';
import { SubmissionId } from '../submission/submission.rpc.ts';
import { EVENT_TYPES } from './event-types.ts';
import { DisableReason, PayloadMode } from './webhook.events.ts';

export const WebhookId = z.uuid().meta({ description: 'The id of the endpoint' });

const EventTypeName = z
  .string()
  .refine(
    (type) => EVENT_TYPES.some((entry) => entry.type === type),
    'Is not a type that can be delivered: GET /v1/event-types lists them.',
  )
  .meta({
    description: 'A type of GET /v1/event-types, with its version',
    examples: ['formbus.submission.submitted.v2'],
  });

/** What its owner chooses of an endpoint. */
export const WebhookSettings = z.object({
  url: z
    .url({ protocol: /^https?$/, error: 'Must be an absolute http or https address.' })
    .max(2000)
    .meta({
      description:
        'Where events are POSTed to: https, on a public address, unless the operator allows others. Redirects are not followed',
      examples: ['https://example.com/hooks/formbus'],
    }),
  description: z.string().max(500).meta({ description: 'For people' }),
  form: FormId.nullable().meta({
    description: 'The form whose events it gets, besides those that belong to no form; null for all forms',
  }),
  types: z
    .array(EventTypeName)
    .max(50)
    .meta({ description: 'The types that it gets; empty for all, those to come included' }),
  payload: PayloadMode.meta({
    description:
      '`thin`: ids, type and position; `full`: what happened as well, with answers except those of `sensitive` fields',
  }),
  ordered: z.boolean().meta({
    description:
      'Whether what happens to one submission arrives in order: while an earlier event waits for a retry, later ones wait behind it',
  }),
  contact: z
    .email()
    .max(254)
    .nullable()
    .meta({ description: 'Who is told by mail when the endpoint is disabled for failing or being gone' }),
});
export type WebhookSettings = z.infer<typeof WebhookSettings>;

/** What a new endpoint has where nothing is said. */
export const WEBHOOK_DEFAULTS = {
  description: '',
  form: null,
  types: [],
  payload: 'thin',
  ordered: false,
  contact: null,
} as const satisfies Omit<WebhookSettings, 'url'>;

export const Webhook = WebhookSettings.extend({
  id: WebhookId,
  state: z.enum(['enabled', 'disabled']),
  /** Why it is disabled, and since when. */
  disabled: z.object({ reason: DisableReason, at: z.iso.datetime() }).nullable(),
  /** Since when nothing could be delivered; null while it works, and for the first minute of a failure. */
  failingSince: z.iso.datetime().nullable(),
  /** Counts every change; the ETag. */
  version: z.int().positive(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Webhook = z.infer<typeof Webhook>;

export const PublicSigningKeys = z.object({
  secret: z.string().meta({ description: '`whsec_`: for the signatures `v1` (HMAC-SHA-256)' }),
  publicKey: z.string().meta({ description: '`whpk_`: for the signatures `v1a` (Ed25519)' }),
});

export const WebhookSecret = PublicSigningKeys.extend({
  /** Keys from before a rotation that sign along until then. */
  previous: z.array(PublicSigningKeys.extend({ until: z.iso.datetime() })),
});
export type WebhookSecret = z.infer<typeof WebhookSecret>;

const WebhookCommitted = z.object({ webhook: Webhook, committed: Committed });
export type WebhookCommitted = z.infer<typeof WebhookCommitted>;

const command = { caller: CommandCaller, webhook: WebhookId };
const changing = { ...command, expectVersion: z.int().nullable() };

/** Refusals: `webhook_target_refused`, `idempotency_key_reused`, `too_many_webhooks`. */
export const createWebhook = defineRpc({
  subject: 'rpc.notifier.webhook.create',
  kind: 'command',
  request: z.object({
    caller: CommandCaller,
    settings: WebhookSettings,
    idempotencyKey: z.string().nullable(),
  }),
  response: WebhookCommitted,
});

/** Changes what is given and leaves the rest. Refusals: `webhook_not_found`, `webhook_target_refused`, `stale`. */
export const changeWebhook = defineRpc({
  subject: 'rpc.notifier.webhook.change',
  kind: 'command',
  request: z.object({ ...changing, settings: WebhookSettings.partial() }),
  response: WebhookCommitted,
});

/** Deletes it with what waits for it; its delivery log stays until it expires. A repeat is `webhook_not_found`. */
export const deleteWebhook = defineRpc({
  subject: 'rpc.notifier.webhook.delete',
  kind: 'command',
  request: z.object(changing),
  response: z.object({ committed: Committed }),
});

/** Delivery goes on with the first event that it was not sent. What is enabled already stays so. */
export const enableWebhook = defineRpc({
  subject: 'rpc.notifier.webhook.enable',
  kind: 'command',
  request: z.object(changing),
  response: WebhookCommitted,
});

/** Nothing is sent until it is enabled; what happens meanwhile waits in the log. */
export const disableWebhook = defineRpc({
  subject: 'rpc.notifier.webhook.disable',
  kind: 'command',
  request: z.object(changing),
  response: WebhookCommitted,
});

export const getWebhook = defineRpc({
  subject: 'rpc.notifier.webhook.get',
  kind: 'query',
  request: z.object({ caller: Caller, webhook: WebhookId }),
  response: z.object({ webhook: Webhook, position: Position }),
});

/** The endpoints of the workspace, the newest first, as the log has them now. */
export const listWebhooks = defineRpc({
  subject: 'rpc.notifier.webhook.list',
  kind: 'query',
  request: z.object({
    caller: Caller,
    state: z.enum(['enabled', 'disabled']).nullable(),
    limit: z.int().min(1).max(200),
    cursor: z.string().max(400).nullable(),
  }),
  response: z.object({ items: z.array(Webhook), next: z.string().nullable(), position: Position }),
});

/** What receivers check signatures with. */
export const getWebhookSecret = defineRpc({
  subject: 'rpc.notifier.webhook.secret',
  kind: 'query',
  request: z.object({ caller: Caller, webhook: WebhookId }),
  response: WebhookSecret,
});

/** Draws new keys; those before sign along for 24 hours. */
export const rotateWebhookSecret = defineRpc({
  subject: 'rpc.notifier.webhook.rotateSecret',
  kind: 'command',
  request: z.object({ ...changing, idempotencyKey: z.string().nullable() }),
  response: z.object({ secret: WebhookSecret, committed: Committed }),
});

const AnswerState = z.enum(['shown', 'none', 'erased', 'unreadable', 'hidden']).meta({
  description:
    'Whether `body` is there, or why it is null: `none` was kept, as of what succeeded; it was `erased` with the submission; it is `unreadable`, since it cannot be decrypted, now or ever; it is `hidden` from keys without the scope `submissions:read`',
});
export type AnswerState = z.infer<typeof AnswerState>;

/** One attempt, as the delivery log shows it. */
export const Attempt = z.object({
  cause: AttemptCause,
  attempt: z.int().positive(),
  state: DeliveryState,
  startedAt: z.iso.datetime(),
  durationMs: z.int().nonnegative(),
  request: z
    .object({ url: z.string(), headers: z.record(z.string(), z.string()), bytes: z.int().nonnegative() })
    .nullable(),
  response: z
    .object({
      status: z.int(),
      headers: z.record(z.string(), z.string()),
      body: z.string().nullable().meta({
        description: 'Of a failed attempt at most the first KiB of what was answered, as text',
      }),
      bodyState: AnswerState,
    })
    .nullable(),
  error: AttemptError.nullable(),
  nextAttemptAt: z.iso.datetime().nullable(),
});
export type Attempt = z.infer<typeof Attempt>;

/** Sends a `formbus.webhook.test.v1` at once, to a disabled endpoint as well, and never again. */
export const testWebhook = defineRpc({
  subject: 'rpc.notifier.webhook.test',
  kind: 'command',
  request: z.object(command),
  response: z.object({ delivery: z.string(), attempt: Attempt }),
});

/**
 * Has the events of a stretch of the log sent again, in order, as a task (`webhook-replay`). From a position or an
 * instant, `0` or neither for all there is, to another position or to where the log ends now.
 *
 * Refusals: `webhook_not_found`, `webhook_disabled`, `too_many_replays` while 5 to that endpoint, or 50 of the workspace,
 * are not over, `bad_position`, `idempotency_key_reused`.
 */
export const replayWebhook = defineRpc({
  subject: 'rpc.notifier.webhook.replay',
  kind: 'command',
  request: z.object({
    ...command,
    from: z.union([
      z.object({ position: Position.or(z.literal('0')) }),
      z.object({ time: z.iso.datetime() }),
    ]),
    /** Up to and including; null for the end of the log as it is now. */
    to: Position.nullable(),
    /** Deliveries a second at most. */
    perSecond: z.int().min(1).max(500),
    idempotencyKey: z.string().nullable(),
  }),
  response: z.object({ task: z.string(), replayed: z.boolean() }),
});

export const DeliveryId = z.string().regex(/^msg_[A-Za-z0-9_-]{1,80}$/, 'Is not the id of a delivery.');

/** One event and one endpoint, with what became of it so far. */
export const Delivery = z.object({
  id: DeliveryId.meta({ description: 'The `webhook-id` of its requests' }),
  webhook: WebhookId,
  event: DeliveredEvent,
  state: DeliveryState.meta({
    description:
      '`delivered` once the endpoint took it, whatever later attempts come to; `retrying` while a retry waits; else `failed`',
  }),
  /** How often it was tried, for whatever cause. */
  attempts: z.int().positive(),
  /** Of the attempt made last. */
  status: z.int().nullable(),
  error: AttemptError.nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  nextAttemptAt: z.iso.datetime().nullable(),
});
export type Delivery = z.infer<typeof Delivery>;

/** The deliveries to an endpoint of the last 30 days, the newest first. */
export const listDeliveries = defineRpc({
  subject: 'rpc.notifier.webhook.listDeliveries',
  kind: 'query',
  request: z.object({
    caller: Caller,
    webhook: WebhookId,
    state: DeliveryState.nullable(),
    type: z.string().max(200).nullable(),
    submission: SubmissionId.nullable(),
    limit: z.int().min(1).max(200),
    cursor: z.string().max(400).nullable(),
  }),
  response: z.object({ items: z.array(Delivery), next: z.string().nullable(), readModel: Freshness }),
});

/** One delivery with its attempts, the last 50 of them, and the body that is sent. */
export const getDelivery = defineRpc({
  subject: 'rpc.notifier.webhook.getDelivery',
  kind: 'query',
  request: z.object({ caller: Caller, webhook: WebhookId, delivery: DeliveryId }),
  response: z.object({
    delivery: Delivery,
    attempts: z.array(Attempt),
    /** Made of the event anew, as the endpoint would get it now; null when the event, or what it is made of, can't be read. */
    body: z.string().nullable(),
    readModel: Freshness,
  }),
});

/**
 * Has a delivery sent once more, soon, whatever became of it, with the same `webhook-id`. It is no part of the schedule of
 * retries, nor of the order of its submission. Refusals: `webhook_disabled`, `delivery_not_found`.
 */
export const redeliver = defineRpc({
  subject: 'rpc.notifier.webhook.redeliver',
  kind: 'command',
  request: z.object({ ...command, delivery: DeliveryId }),
  response: z.object({ delivery: DeliveryId }),
});

export const listEventTypes = defineRpc({
  subject: 'rpc.notifier.webhook.eventTypes',
  kind: 'query',
  request: z.object({ caller: Caller }),
  response: z.object({
    items: z.array(
      z.object({
        type: z.string(),
        summary: z.string(),
        /** Whether it lies in the log and can be replayed. */
        replayable: z.boolean(),
      }),
    ),
  }),
});
