import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A new API key: shown once, then only its id and its hash are known. */
export interface IssuedKey {
  /** `fb_<id>_<secret>`: what the caller sends as bearer token. */
  readonly key: string;
  /** Eight characters that find the key's record and may appear in logs. */
  readonly id: string;
  /** SHA-256 of the whole key, hexadecimal. */
  readonly hash: string;
}

const SHAPE = /^fb_([A-Za-z0-9]{8})_([A-Za-z0-9_-]{43})$/;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * A plain SHA-256 is enough: the secret has 256 random bits, so there is nothing to guess, and a slow hash
 * would cost every request what it is meant to cost an attacker.
 */
export const hashApiKey = (key: string): string => createHash('sha256').update(key).digest('hex');

/** @param seed makes the same id of the same seed, so that a repeat is noticed; the secret is random all the same */
export function issueApiKey(seed?: string): IssuedKey {
  const drawn =
    seed === undefined ? randomBytes(8) : createHash('sha256').update(seed).digest().subarray(0, 8);
  const id = Array.from(drawn, (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  const key = `fb_${id}_${randomBytes(32).toString('base64url')}`;
  return { key, id, hash: hashApiKey(key) };
}

/** The id of a key, or undefined when the text is not one. */
export function apiKeyId(key: string): string | undefined {
  return SHAPE.exec(key)?.[1];
}

/** Compares in constant time, so that nothing is learned of the stored hash. */
export function matchesHash(key: string, hash: string): boolean {
  const actual = createHash('sha256').update(key).digest();
  const expected = Buffer.from(hash, 'hex');
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
