/** Verifies `v1a` signatures with Node's own Ed25519, since the library knows `v1` alone. */
import { createPublicKey, verify } from 'node:crypto';

const TOLERANCE_SECONDS = 300;

/** @param {string} text `whpk_...` */
export function verifierOf(text) {
  const x = Buffer.from(text.replace(/^whpk_/, ''), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return {
    /** Gives the parsed body, or throws. */
    verify(body, headers) {
      const id = headers['webhook-id'];
      const timestamp = headers['webhook-timestamp'];
      // A missing or malformed timestamp makes this NaN, which is not within the tolerance either.
      const away = Math.abs(Date.now() / 1000 - Number(timestamp));
      if (!(away <= TOLERANCE_SECONDS)) throw new Error('the timestamp is too far away');
      const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
      const isRight = (headers['webhook-signature'] ?? '').split(' ').some((versioned) => {
        const [version, signature = ''] = versioned.split(',');
        return version === 'v1a' && verify(null, signed, key, Buffer.from(signature, 'base64'));
      });
      if (!isRight) throw new Error('no signature is right');
      return JSON.parse(body.toString());
    },
  };
}
