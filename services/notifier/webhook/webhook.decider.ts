import type { z } from 'zod';
import { Problem } from '#contracts/errors';
import { newEvent, type EventOf } from '#contracts/event';
import type { Idempotency } from '#contracts/form/form.events';
import {
  webhookChangedV1,
  webhookCreatedV1,
  webhookDeletedV1,
  webhookDisabledV1,
  webhookEnabledV1,
  webhookFailingV1,
  webhookRecoveredV1,
  webhookSecretRotatedV1,
  type DisableReason,
} from '#contracts/webhook/webhook.events';
import type { Decider } from '#eventing/decider';
import { digest } from '#security/digest';

/** The settings as the log holds them: the contact is cipher text. */
export type StoredSettings = z.infer<typeof webhookChangedV1.data>;
/** What is stored of a pair of signing keys. */
export type StoredKeys = z.infer<typeof webhookSecretRotatedV1.data>['keys'];

export type WebhookCommand =
  | {
      readonly kind: 'create';
      readonly settings: StoredSettings;
      readonly keys: StoredKeys;
      readonly idempotency: Idempotency | null;
    }
  | { readonly kind: 'change'; readonly settings: Partial<StoredSettings> }
  | {
      readonly kind: 'rotate';
      readonly keys: StoredKeys;
      readonly previousUntil: string;
      readonly idempotency: Idempotency | null;
    }
  | { readonly kind: 'failing'; readonly since: string }
  | { readonly kind: 'recovered' }
  | {
      readonly kind: 'disable';
      readonly reason: DisableReason;
      readonly failingSince?: string;
      /** It is this one that shall get nothing: once it was changed, the command is void. */
      readonly url?: string;
    }
  | { readonly kind: 'enable' }
  | { readonly kind: 'delete' };

export type WebhookEvent =
  | EventOf<typeof webhookCreatedV1>
  | EventOf<typeof webhookChangedV1>
  | EventOf<typeof webhookSecretRotatedV1>
  | EventOf<typeof webhookFailingV1>
  | EventOf<typeof webhookRecoveredV1>
  | EventOf<typeof webhookDisabledV1>
  | EventOf<typeof webhookEnabledV1>
  | EventOf<typeof webhookDeletedV1>;

export type WebhookState =
  | { readonly exists: false }
  | {
      readonly exists: true;
      readonly deleted: boolean;
      readonly settings: StoredSettings;
      readonly createdBy: Idempotency | null;
      readonly rotatedBy: Idempotency | null;
      readonly enabled: boolean;
      readonly failingSince: string | null;
    };

type Existing = Extract<WebhookState, { exists: true }>;

/** An endpoint's life: settings, signing keys, whether it works, whether it gets anything. */
export const webhookDecider: Decider<WebhookCommand, WebhookState, WebhookEvent> = {
  initial: { exists: false },

  decide(command, state) {
    if (command.kind === 'create') return create(command, state);
    if (!state.exists || state.deleted) throw new Problem('webhook_not_found');
    switch (command.kind) {
      case 'change':
        return change(command.settings, state);
      case 'rotate':
        return rotate(command, state);
      case 'failing':
        return state.enabled && state.failingSince === null
          ? [newEvent(webhookFailingV1, { since: command.since })]
          : [];
      case 'recovered':
        return state.failingSince === null ? [] : [newEvent(webhookRecoveredV1, {})];
      case 'disable':
        return disable(command, state);
      case 'enable':
        return state.enabled ? [] : [newEvent(webhookEnabledV1, {})];
      case 'delete':
        return [newEvent(webhookDeletedV1, {})];
    }
  },

  evolve(state, event) {
    if (event.type === 'formbus.webhook.created.v1') {
      const { keys: _keys, idempotency, ...settings } = event.data;
      return {
        exists: true,
        deleted: false,
        settings,
        createdBy: idempotency,
        rotatedBy: null,
        enabled: true,
        failingSince: null,
      };
    }
    if (!state.exists) throw new Error(`${event.type} on a webhook that was not created`);
    switch (event.type) {
      case 'formbus.webhook.changed.v1':
        return { ...state, settings: event.data, failingSince: failingAfter(state, event.data) };
      case 'formbus.webhook.secretRotated.v1':
        return { ...state, rotatedBy: event.data.idempotency };
      case 'formbus.webhook.failing.v1':
        return { ...state, failingSince: event.data.since };
      case 'formbus.webhook.recovered.v1':
        return { ...state, failingSince: null };
      case 'formbus.webhook.disabled.v1':
        return { ...state, enabled: false };
      case 'formbus.webhook.enabled.v1':
        // It is given all the time again that an endpoint has.
        return { ...state, enabled: true, failingSince: null };
      case 'formbus.webhook.deleted.v1':
        return { ...state, deleted: true };
    }
  },
};

/** What an endpoint failed for says nothing of another URL. */
export const failingAfter = (
  { settings, failingSince }: Pick<Existing, 'settings' | 'failingSince'>,
  { url }: StoredSettings,
): string | null => (url === settings.url ? failingSince : null);

function create(command: Extract<WebhookCommand, { kind: 'create' }>, state: WebhookState): WebhookEvent[] {
  const { settings, keys, idempotency } = command;
  if (!state.exists) return [newEvent(webhookCreatedV1, { ...settings, keys, idempotency })];
  if (isRepeat(idempotency, state.createdBy)) return [];
  throw new Error('the id of a new webhook is taken');
}

function change(settings: Partial<StoredSettings>, state: Existing): WebhookEvent[] {
  const changed = { ...state.settings, ...settings };
  return digest(changed) === digest(state.settings) ? [] : [newEvent(webhookChangedV1, changed)];
}

function rotate(
  { keys, previousUntil, idempotency }: Extract<WebhookCommand, { kind: 'rotate' }>,
  state: Existing,
): WebhookEvent[] {
  if (isRepeat(idempotency, state.rotatedBy)) return [];
  return [newEvent(webhookSecretRotatedV1, { keys, previousUntil, idempotency })];
}

function disable(
  { reason, failingSince, url }: Extract<WebhookCommand, { kind: 'disable' }>,
  state: Existing,
): WebhookEvent[] {
  if (!state.enabled || (url !== undefined && url !== state.settings.url)) return [];
  return [newEvent(webhookDisabledV1, { reason, failingSince: failingSince ?? state.failingSince })];
}

/** Whether the request was served before; the same key with another body is an error of the caller. */
function isRepeat(sent: Idempotency | null, stored: Idempotency | null): boolean {
  if (sent === null || stored === null || sent.key !== stored.key) return false;
  if (sent.request === stored.request) return true;
  throw new Problem('idempotency_key_reused');
}
