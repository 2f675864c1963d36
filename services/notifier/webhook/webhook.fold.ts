import { EVENTS } from '#contracts/catalog';
import { eventType } from '#contracts/event';
import type { DisableReason } from '#contracts/webhook/webhook.events';
import type { StoredEvent } from '#eventing/stored-event';
import { failingAfter, type StoredKeys, type StoredSettings, type WebhookEvent } from './webhook.decider.ts';

/** An endpoint as every process of this service knows it. */
export interface WebhookRecord {
  readonly id: string;
  readonly workspace: string;
  readonly settings: StoredSettings;
  /** The newest first; those before sign along until their time has come. */
  readonly keys: readonly (StoredKeys & { readonly until: string | null })[];
  readonly enabled: boolean;
  readonly disabled: { readonly reason: DisableReason; readonly at: string } | null;
  readonly failingSince: string | null;
  readonly version: number;
  /** Where its own first event lies: it gets what follows. */
  readonly createdSeq: number;
  /** Of its last event. */
  readonly position: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The events that are folded: all that happen to endpoints. */
export const WEBHOOK_TYPES = EVENTS.filter(({ family }) => family === 'webhook').map((one) => eventType(one));

export type StoredWebhookEvent = StoredEvent & WebhookEvent;

/** Folds one event onto an endpoint; nothing is left of one that was deleted. Pure. */
export function foldWebhook(
  record: WebhookRecord | undefined,
  event: StoredWebhookEvent,
): WebhookRecord | undefined {
  if (event.type === 'formbus.webhook.created.v1') return created(event, event.data);
  if (record === undefined)
    throw new Error(`${event.type} at ${event.position} on a webhook that is not there`);
  const touched = { ...record, version: event.version, position: event.position, updatedAt: event.time };
  switch (event.type) {
    case 'formbus.webhook.changed.v1':
      return { ...touched, settings: event.data, failingSince: failingAfter(record, event.data) };
    case 'formbus.webhook.secretRotated.v1':
      return { ...touched, keys: rotated(record, event.data, event.time) };
    case 'formbus.webhook.failing.v1':
      return { ...touched, failingSince: event.data.since };
    case 'formbus.webhook.recovered.v1':
      return { ...touched, failingSince: null };
    case 'formbus.webhook.disabled.v1': {
      const { reason, failingSince } = event.data;
      return { ...touched, enabled: false, disabled: { reason, at: event.time }, failingSince };
    }
    case 'formbus.webhook.enabled.v1':
      return { ...touched, enabled: true, disabled: null, failingSince: null };
    case 'formbus.webhook.deleted.v1':
      return undefined;
  }
}

function created(
  { workspace, subject, version, seq, position, time }: StoredEvent,
  {
    keys,
    idempotency: _idempotency,
    ...settings
  }: Extract<WebhookEvent, { type: 'formbus.webhook.created.v1' }>['data'],
): WebhookRecord {
  return {
    id: webhookIdOf(subject),
    workspace,
    settings,
    keys: [{ ...keys, until: null }],
    enabled: true,
    disabled: null,
    failingSince: null,
    version,
    createdSeq: seq,
    position,
    createdAt: time,
    updatedAt: time,
  };
}

function rotated(
  { keys }: WebhookRecord,
  data: { keys: StoredKeys; previousUntil: string },
  now: string,
): WebhookRecord['keys'] {
  const previous = keys
    .map((key) => ({ ...key, until: key.until ?? data.previousUntil }))
    .filter(({ until }) => until > now);
  return [{ ...data.keys, until: null }, ...previous];
}

/** `evt.<workspace>.webhook.<endpoint>` */
export function webhookIdOf(subject: string): string {
  const id = subject.split('.')[3];
  if (id === undefined) throw new Error(`not the subject of a webhook: ${subject}`);
  return id;
}
