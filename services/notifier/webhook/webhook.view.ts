import type { Webhook, WebhookSecret } from '#contracts/webhook/webhook.rpc';
import type { WebhookRecord } from './webhook.fold.ts';
import type { OpenedKeys } from './webhook.keys.ts';

/** An endpoint as its owner sees it. */
export function asWebhook(record: WebhookRecord, contact: string | null): Webhook {
  const { id, settings, enabled, disabled, failingSince, version, createdAt, updatedAt } = record;
  return {
    id,
    ...settings,
    contact,
    state: enabled ? 'enabled' : 'disabled',
    disabled,
    failingSince,
    version,
    createdAt,
    updatedAt,
  };
}

/** What receivers check signatures with; private keys stay here. */
export function asSecret(keys: readonly OpenedKeys[]): WebhookSecret {
  const [newest] = keys;
  if (newest === undefined) throw new Error('a webhook has no signing keys');
  const shown = ({ secret, publicKey }: OpenedKeys): { secret: string; publicKey: string } => ({
    secret,
    publicKey,
  });
  const previous = keys.flatMap((key) => (key.until === null ? [] : [{ ...shown(key), until: key.until }]));
  return { ...shown(newest), previous };
}
