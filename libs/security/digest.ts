import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** SHA-256 of a JSON value in its canonical form (RFC 8785), base64url: equal for equal values, however written. */
export function digest(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('only JSON values have a digest');
  return createHash('sha256').update(text).digest('base64url');
}

/**
 * The id that a repeat of the same request gets again: a UUID (version 8) derived from the parts, so that
 * idempotency needs no store but the log itself. Parts are length-prefixed: ('ab', 'c') differs from ('a', 'bc').
 */
export function derivedId(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  const bytes = hash.digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
