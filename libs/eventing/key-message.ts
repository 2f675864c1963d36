import { createHash, type KeyObject } from 'node:crypto';
import { KEY_BYTES, SealBroken, seal, secretKey, unseal } from './data-key.ts';

/**
 * What lies on `key.>`: a key wrapped by the one above it (AES-256-GCM, additional data: the subject). `kek` names
 * the wrapping key, so that during a rotation a reader knows which one to take.
 */
export interface KeyMessage {
  readonly v: 1;
  readonly kek: string;
  /** Base64 of nonce, cipher text, tag. */
  readonly wrapped: string;
}

/** A name of a key that tells nothing about it. */
export function keyId(key: Uint8Array): string {
  return createHash('sha256').update('formbus key id v1').update(key).digest('base64url').slice(0, 11);
}

export interface WrappingKey {
  readonly id: string;
  readonly secret: KeyObject;
}

export const wrappingKey = (bytes: Uint8Array): WrappingKey => ({
  id: keyId(bytes),
  secret: secretKey(bytes),
});

export function wrapKey(by: WrappingKey, key: Uint8Array, subject: string): Buffer {
  const message: KeyMessage = { v: 1, kek: by.id, wrapped: seal(by.secret, key, subject).toString('base64') };
  return Buffer.from(JSON.stringify(message));
}

/** Throws when the message is not a key message. */
export function readKeyMessage(payload: Uint8Array, subject: string): KeyMessage {
  const message = JSON.parse(
    Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8'),
  ) as Partial<KeyMessage>;
  if (message.v !== 1 || typeof message.kek !== 'string' || typeof message.wrapped !== 'string') {
    throw new Error(`the message on ${subject} is not a wrapped key`);
  }
  return { v: 1, kek: message.kek, wrapped: message.wrapped };
}

/** Throws {@link SealBroken} when it was wrapped by another key or for another subject. */
export function unwrapKey(by: WrappingKey, message: KeyMessage, subject: string): Buffer {
  if (message.kek !== by.id)
    throw new SealBroken(`the key on ${subject} is wrapped by ${message.kek}, not by ${by.id}`);
  const key = unseal(by.secret, Buffer.from(message.wrapped, 'base64'), subject);
  if (key.length !== KEY_BYTES) throw new SealBroken(`the key on ${subject} has ${key.length} bytes`);
  return key;
}
