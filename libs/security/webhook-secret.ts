import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/**
 * How secrets and keys of webhooks are written (Standard Webhooks 1.0): base64 behind a prefix that says which kind
 * it is. `whsec_` is a shared secret, `whsk_` an ed25519 secret key, `whpk_` its public key.
 */
const SECRET = 'whsec_';
const SECRET_KEY = 'whsk_';
const PUBLIC_KEY = 'whpk_';

const SECRET_BYTES = { least: 24, most: 64 } as const;
const SEED_BYTES = 32;
const PUBLIC_BYTES = 32;

/** What PKCS #8 puts before the 32 bytes of an ed25519 seed (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A secret or key that is not written as it has to be. The message says what is wrong and holds nothing of it. */
export class MalformedSecret extends TypeError {}

export interface WebhookKeyPair {
  /** `whsk_` and 64 bytes, the seed and the public key: as libsodium, and with it other senders, writes one. */
  readonly secretKey: string;
  /** `whpk_` and 32 bytes: what a receiver verifies with. */
  readonly publicKey: string;
}

/** A shared secret made of `random`, 24 to 64 bytes that nobody can guess. @throws MalformedSecret */
export function webhookSecret(random: Uint8Array): string {
  return SECRET + checkedSecret(Buffer.from(random)).toString('base64');
}

/** The ed25519 key pair of a `seed`: 32 bytes that nobody can guess. @throws MalformedSecret */
export function webhookKeyPair(seed: Uint8Array): WebhookKeyPair {
  if (seed.length !== SEED_BYTES)
    throw new MalformedSecret(`a key pair is made of ${SEED_BYTES} bytes, not of ${seed.length}`);
  const publicBytes = rawPublicKey(privateKey(seed));
  return {
    secretKey: SECRET_KEY + Buffer.concat([seed, publicBytes]).toString('base64'),
    publicKey: PUBLIC_KEY + publicBytes.toString('base64'),
  };
}

/** The bytes of `whsec_...`. @throws MalformedSecret */
export function readSecret(text: string): Buffer {
  return checkedSecret(decode(text, SECRET, 'a secret'));
}

/** The key of `whsk_...`; the seed alone, without the public key behind it, is taken too. @throws MalformedSecret */
export function readSecretKey(text: string): KeyObject {
  const bytes = decode(text, SECRET_KEY, 'a secret key');
  if (bytes.length !== SEED_BYTES && bytes.length !== SEED_BYTES + PUBLIC_BYTES)
    throw new MalformedSecret(
      `a secret key has ${SEED_BYTES} or ${SEED_BYTES + PUBLIC_BYTES} bytes, not ${bytes.length}`,
    );
  const key = privateKey(bytes.subarray(0, SEED_BYTES));
  const claimed = bytes.subarray(SEED_BYTES);
  if (claimed.length > 0 && !claimed.equals(rawPublicKey(key)))
    throw new MalformedSecret('the two halves of the secret key do not belong together');
  return key;
}

/** The key of `whpk_...`. @throws MalformedSecret */
export function readPublicKey(text: string): KeyObject {
  const bytes = decode(text, PUBLIC_KEY, 'a public key');
  if (bytes.length !== PUBLIC_BYTES)
    throw new MalformedSecret(`a public key has ${PUBLIC_BYTES} bytes, not ${bytes.length}`);
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') },
    format: 'jwk',
  });
}

function checkedSecret(bytes: Buffer): Buffer {
  const { least, most } = SECRET_BYTES;
  if (bytes.length < least || bytes.length > most)
    throw new MalformedSecret(`a secret has ${least} to ${most} bytes, not ${bytes.length}`);
  return bytes;
}

/** Strict, where Buffer skips what it does not know: a secret that was cut or mistyped must not become another one. */
function decode(text: string, prefix: string, what: string): Buffer {
  if (!text.startsWith(prefix)) throw new MalformedSecret(`${what} begins with ${prefix}`);
  const encoded = text.slice(prefix.length);
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded)
    throw new MalformedSecret(`${what} is base64 (with padding) after ${prefix}`);
  return bytes;
}

const privateKey = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });

function rawPublicKey(key: KeyObject): Buffer {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return Buffer.from(x!, 'base64url');
}
