import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { Idempotency } from '../form/form.events.ts';

/** How much an endpoint is told: ids alone, or what happened as well. */
export const PayloadMode = z.enum(['thin', 'full']);
export type PayloadMode = z.infer<typeof PayloadMode>;

/** Why an endpoint gets nothing any more: it answered 410; it failed for days; somebody asked for it. */
export const DisableReason = z.enum(['gone', 'failing', 'operator']);
export type DisableReason = z.infer<typeof DisableReason>;

/** Everything about an endpoint that its owner chooses. */
const settings = {
  url: z.string().min(1).max(2000),
  description: z.string().max(500),
  /** The form whose events it gets, besides those of no form; null for all forms of the workspace. */
  form: z.string().nullable(),
  /** Full event types; empty for every type that can be delivered, those to come included. */
  types: z.array(z.string()),
  payload: PayloadMode,
  /** Whether what happens to one submission arrives in order, later events waiting for the retries of earlier ones. */
  ordered: z.boolean(),
  /** Cipher text (purpose `webhook.<endpoint>.contact`) of the address that is told when it is disabled. */
  contact: z.string().nullable(),
};

/** What an endpoint's requests are signed with. */
const SigningKeys = z.object({
  /** Cipher text (purpose `webhook.<endpoint>.keys`) of a JSON object with `secret` (`whsec_`) and `privateKey` (`whsk_`). */
  sealed: z.string(),
  /** Ed25519, `whpk_`: what `v1a` signatures are checked with. */
  publicKey: z.string(),
});

export const webhookCreatedV1 = defineEvent({
  name: 'formbus.webhook.created',
  version: 1,
  family: 'webhook',
  summary: 'An endpoint gets the events that follow this one.',
  data: z.object({ ...settings, keys: SigningKeys, idempotency: Idempotency.nullable() }),
});

export const webhookChangedV1 = defineEvent({
  name: 'formbus.webhook.changed',
  version: 1,
  family: 'webhook',
  summary: 'The settings of an endpoint are these from here on, for what was not delivered yet as well.',
  data: z.object(settings),
});

export const webhookSecretRotatedV1 = defineEvent({
  name: 'formbus.webhook.secretRotated',
  version: 1,
  family: 'webhook',
  summary: 'Requests are signed with new keys; those before sign along for a while.',
  data: z.object({
    keys: SigningKeys,
    previousUntil: z.iso.datetime(),
    idempotency: Idempotency.nullable(),
  }),
});

export const webhookFailingV1 = defineEvent({
  name: 'formbus.webhook.failing',
  version: 1,
  family: 'webhook',
  summary: 'Nothing has been delivered to an endpoint for more than a minute, though it was tried.',
  data: z.object({ since: z.iso.datetime() }),
});

export const webhookRecoveredV1 = defineEvent({
  name: 'formbus.webhook.recovered',
  version: 1,
  family: 'webhook',
  summary: 'An endpoint that was failing took a delivery.',
  data: z.object({}),
});

export const webhookDisabledV1 = defineEvent({
  name: 'formbus.webhook.disabled',
  version: 1,
  family: 'webhook',
  summary:
    'An endpoint gets nothing until it is enabled: it is gone, failed for five days, or was disabled by hand.',
  data: z.object({ reason: DisableReason, failingSince: z.iso.datetime().nullable() }),
});

export const webhookEnabledV1 = defineEvent({
  name: 'formbus.webhook.enabled',
  version: 1,
  family: 'webhook',
  summary:
    'An endpoint that was disabled gets events again, beginning with the first that it has not been sent.',
  data: z.object({}),
});

export const webhookDeletedV1 = defineEvent({
  name: 'formbus.webhook.deleted',
  version: 1,
  family: 'webhook',
  summary: 'An endpoint is gone, and whatever waited for it.',
  data: z.object({}),
});
