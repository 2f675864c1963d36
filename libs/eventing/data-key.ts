import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  randomFillSync,
} from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

/** Cipher text that does not belong to this key and place, or that was changed. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

const nonces = Buffer.alloc(NONCE_BYTES * 256);
let nextNonce = nonces.length;

/** Drawn in blocks: a draw of twelve bytes costs nearly as much as one of a thousand. */
function drawNonce(): Buffer {
  if (nextNonce === nonces.length) {
    randomFillSync(nonces);
    nextNonce = 0;
  }
  nextNonce += NONCE_BYTES;
  return Buffer.from(nonces.subarray(nextNonce - NONCE_BYTES, nextNonce));
}

/**
 * Makes a key ready for use. Node takes the bytes of a key as well, but then spends 30 us on each call to wrap them.
 */
export const secretKey = (bytes: Uint8Array): KeyObject => createSecretKey(bytes);

/** AES-256-GCM under a nonce drawn here; gives nonce, cipher text and tag in one piece. */
export function seal(key: KeyObject, plain: Uint8Array, additional: string): Buffer {
  const nonce = drawNonce();
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(additional, 'utf8'));
  const text = cipher.update(plain);
  return Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]);
}

/** Undoes {@link seal}, or throws {@link SealBroken}. */
export function unseal(key: KeyObject, sealed: Uint8Array, additional: string): Buffer {
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
  /** For {@link seal} and {@link unseal}. */
  readonly secret: KeyObject;
  #macKey: KeyObject | undefined;

  constructor(bytes: Buffer = randomBytes(KEY_BYTES)) {
    if (bytes.length !== KEY_BYTES)
      throw new RangeError(`a data key has ${KEY_BYTES} bytes, not ${bytes.length}`);
    this.bytes = bytes;
    this.secret = secretKey(bytes);
  }

  /**
   * A key of its own for another use, named by `info`: one key for two algorithms would bind them together. It is
   * derived by HKDF-Expand (RFC 5869) alone: a data key is uniformly random, so there is nothing to extract.
   */
  derive(info: string): KeyObject {
    // What follows the info is the counter of its first and only block.
    return secretKey(createHmac('sha256', this.secret).update(`${info}\x01`, 'utf8').digest());
  }

  /** HMAC-SHA-256, base64url, under a key of its own. */
  mac(value: string): string {
    this.#macKey ??= this.derive('formbus mac v1');
    return createHmac('sha256', this.#macKey).update(value, 'utf8').digest('base64url');
  }
}
