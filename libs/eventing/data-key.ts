import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

/** Cipher text that does not belong to this key and place, or that was changed. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

/** AES-256-GCM under a nonce drawn here; gives nonce, cipher text and tag in one piece. */
export function seal(key: Uint8Array, plain: Uint8Array, additional: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(additional, 'utf8'));
  const text = cipher.update(plain);
  return Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]);
}

/** Undoes {@link seal}, or throws {@link SealBroken}. */
export function unseal(key: Uint8Array, sealed: Uint8Array, additional: string): Buffer {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new SealBroken('the cipher text is too short');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(additional, 'utf8'));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const text = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([text, decipher.final()]);
  } catch (cause) {
    throw new SealBroken('the cipher text was changed, moved, or sealed with another key', { cause });
  }
}

/** The key of one aggregate's personal data; destroying it (its message in the log) erases them everywhere. */
export class DataKey {
  readonly bytes: Buffer;
  #macKey: Buffer | undefined;

  constructor(bytes: Buffer = randomBytes(KEY_BYTES)) {
    if (bytes.length !== KEY_BYTES)
      throw new RangeError(`a data key has ${KEY_BYTES} bytes, not ${bytes.length}`);
    this.bytes = bytes;
  }

  /** HMAC-SHA-256, base64url, under a key of its own (HKDF): one key for two algorithms would bind them together. */
  mac(value: string): string {
    this.#macKey ??= Buffer.from(hkdfSync('sha256', this.bytes, '', 'formbus mac v1', KEY_BYTES));
    return createHmac('sha256', this.#macKey).update(value, 'utf8').digest('base64url');
  }
}
