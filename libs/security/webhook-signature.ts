import { createHmac, createSecretKey, sign, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { readPublicKey, readSecret, readSecretKey } from './webhook-secret.ts';

/** What one attempt to deliver a webhook says, and what is signed (Standard Webhooks 1.0). */
export interface SignedContent {
  /** `webhook-id`: letters, digits, `_` and `-`. */
  readonly id: string;
  /** `webhook-timestamp`: whole seconds since 1970, when this attempt is made. */
  readonly timestamp: number;
  /** The body, byte for byte as it is sent. */
  readonly body: string | Uint8Array;
}

export interface SigningKeys {
  /** Every active shared secret (`whsec_...`): one, or two during a rotation. */
  readonly secrets?: readonly string[];
  /** Every active ed25519 secret key (`whsk_...`). */
  readonly keys?: readonly string[];
}

export interface VerifyingKeys {
  readonly secrets?: readonly string[];
  /** ed25519 public keys (`whpk_...`). */
  readonly publicKeys?: readonly string[];
}

export interface Tolerance {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How far the timestamp may be from `now`, either way. */
  readonly seconds: number;
}

/** Signs with keys that it has read once: to read them takes longer than to sign. */
export class WebhookSigner {
  readonly #secrets: readonly KeyObject[];
  readonly #keys: readonly KeyObject[];

  /**
   * @throws MalformedSecret
   * @throws RangeError when there is nothing to sign with
   */
  constructor({ secrets = [], keys = [] }: SigningKeys) {
    if (secrets.length + keys.length === 0)
      throw new RangeError('a webhook is signed with at least one secret');
    this.#secrets = secrets.map((secret) => createSecretKey(readSecret(secret)));
    this.#keys = keys.map(readSecretKey);
  }

  /**
   * The value of `webhook-signature`: one signature per secret (`v1`, HMAC-SHA256) and per key (`v1a`, ed25519), in the
   * order given, separated by spaces. A receiver accepts when any of them is right, so that it can change its secret
   * at a time of its own.
   *
   * @throws RangeError when the id or timestamp could be read in two ways
   */
  sign(content: SignedContent): string {
    const bytes = signedBytes(content);
    return [
      ...this.#secrets.map((secret) => `v1,${createHmac('sha256', secret).update(bytes).digest('base64')}`),
      ...this.#keys.map((key) => `v1a,${sign(null, bytes, key).toString('base64')}`),
    ].join(' ');
  }
}

/** Signs once; see {@link WebhookSigner}. */
export const signWebhook = (content: SignedContent & SigningKeys): string =>
  new WebhookSigner(content).sign(content);

/**
 * Whether one of the signatures in `header` was made with one of the keys, and the timestamp is near enough.
 * Receivers use their language's library; this is for those that test or replay on our side.
 *
 * @throws MalformedSecret
 */
export function verifyWebhook(
  content: SignedContent,
  header: string,
  { secrets = [], publicKeys = [] }: VerifyingKeys,
  { now, seconds }: Tolerance,
): boolean {
  if (Math.abs(now / 1000 - content.timestamp) > seconds) return false;
  const bytes = signedBytes(content);
  return header.split(' ').some((versioned) => {
    const [version, encoded = ''] = versioned.split(',', 2);
    const signature = Buffer.from(encoded, 'base64');
    if (version === 'v1') return secrets.some((secret) => equal(hmac(secret, bytes), signature));
    if (version === 'v1a')
      return publicKeys.some((key) => verify(null, bytes, readPublicKey(key), signature));
    return false;
  });
}

/** A full stop separates the three parts: an id that held one could take over the timestamp's place. */
function signedBytes({ id, timestamp, body }: SignedContent): Buffer {
  if (!/^[A-Za-z0-9_-]+$/.test(id))
    throw new RangeError('a webhook id has letters, digits, "_" and "-" alone');
  if (!Number.isSafeInteger(timestamp) || timestamp < 0)
    throw new RangeError(`a webhook's timestamp is whole seconds since 1970, not ${timestamp}`);
  return Buffer.concat([Buffer.from(`${id}.${timestamp}.`), Buffer.from(body)]);
}

const hmac = (secret: string, bytes: Buffer): Buffer =>
  createHmac('sha256', readSecret(secret)).update(bytes).digest();

const equal = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
