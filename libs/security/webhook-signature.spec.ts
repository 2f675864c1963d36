import { describe, expect, it } from '@jest/globals';
import { createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { MalformedSecret, webhookKeyPair, webhookSecret } from './webhook-secret.ts';
import { signWebhook, verifyWebhook } from './webhook-signature.ts';

/** The example that libraries of Standard Webhooks share. */
const EXAMPLE = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
};
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = webhookSecret(Buffer.alloc(32, 1));
const pair = webhookKeyPair(Buffer.alloc(32, 2));
const AT = { now: EXAMPLE.timestamp * 1000, seconds: 300 };

describe('signWebhook', () => {
  it('gives the signature of the example', () => {
    const expected = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
    expect(signWebhook({ ...EXAMPLE, secrets: [SECRET] })).toBe(expected);
  });

  it('signs with every secret and then every key, in their order', () => {
    const header = signWebhook({ ...EXAMPLE, secrets: [SECRET, OTHER], keys: [pair.secretKey] });
    const [one, two, three] = header.split(' ');
    expect(one).toBe(signWebhook({ ...EXAMPLE, secrets: [SECRET] }));
    expect(two).toBe(signWebhook({ ...EXAMPLE, secrets: [OTHER] }));
    expect(three).toBe(signWebhook({ ...EXAMPLE, keys: [pair.secretKey] }));
    expect(three).toMatch(/^v1a,[A-Za-z0-9+/]{86}==$/);
  });

  it("is accepted by the standard's own library with either secret of a rotation, and no third", () => {
    const now = { ...EXAMPLE, timestamp: Math.floor(Date.now() / 1000) };
    const signature = signWebhook({ ...now, secrets: [SECRET, OTHER], keys: [pair.secretKey] });
    const headers = {
      'webhook-id': now.id,
      'webhook-timestamp': String(now.timestamp),
      'webhook-signature': signature,
    };
    for (const secret of [SECRET, OTHER])
      expect(new Webhook(secret).verify(now.body, headers)).toEqual({ test: 2432232314 });
    const third = webhookSecret(Buffer.alloc(32, 3));
    expect(() => new Webhook(third).verify(now.body, headers)).toThrow('No matching signature');
  });

  it('makes ed25519 signatures that Node verifies with the public key alone', () => {
    const signature = signWebhook({ ...EXAMPLE, keys: [pair.secretKey] }).slice('v1a,'.length);
    const x = Buffer.from(pair.publicKey.slice('whpk_'.length), 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const signed = Buffer.from(`${EXAMPLE.id}.${EXAMPLE.timestamp}.${EXAMPLE.body}`);
    expect(verify(null, signed, key, Buffer.from(signature, 'base64'))).toBe(true);
  });

  it('signs the bytes of a body as it does its text', () => {
    const body = '{"name":"Zoë 🦆"}';
    const secrets = [SECRET];
    expect(signWebhook({ ...EXAMPLE, body: Buffer.from(body), secrets })).toBe(
      signWebhook({ ...EXAMPLE, body, secrets }),
    );
  });

  it.each([
    ['nothing to sign with', { ...EXAMPLE, secrets: [] }, 'at least one secret'],
    ['a full stop in the id', { ...EXAMPLE, id: 'msg.1', secrets: [SECRET] }, 'webhook id'],
    ['an id that would end a header', { ...EXAMPLE, id: 'msg\r\nx', secrets: [SECRET] }, 'webhook id'],
    ['milliseconds that are not whole seconds', { ...EXAMPLE, timestamp: 1.5, secrets: [SECRET] }, '1.5'],
  ])('refuses %s', (_, input, message) => {
    expect(() => signWebhook(input)).toThrow(message);
  });

  it('refuses a malformed secret beside a good one', () => {
    expect(() => signWebhook({ ...EXAMPLE, secrets: [SECRET, 'whsec_short'] })).toThrow(MalformedSecret);
  });
});

describe('verifyWebhook', () => {
  const keys = { secrets: [SECRET], publicKeys: [pair.publicKey] };

  it('accepts what was signed and nothing that differs by a byte', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (body, other) => {
        const header = signWebhook({ ...EXAMPLE, body, secrets: [SECRET] });
        const asymmetric = signWebhook({ ...EXAMPLE, body, keys: [pair.secretKey] });
        for (const value of [header, asymmetric]) {
          const changed = { ...EXAMPLE, body: other };
          expect(verifyWebhook({ ...EXAMPLE, body }, value, keys, AT)).toBe(true);
          expect(verifyWebhook(changed, value, keys, AT)).toBe(Buffer.from(other).equals(Buffer.from(body)));
          expect(verifyWebhook({ ...EXAMPLE, body, id: 'msg_other' }, value, keys, AT)).toBe(false);
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each([-300, 0, 300])('accepts a timestamp %i s away', (seconds) => {
    const header = signWebhook({ ...EXAMPLE, secrets: [SECRET] });
    expect(verifyWebhook(EXAMPLE, header, keys, { ...AT, now: AT.now + seconds * 1000 })).toBe(true);
  });

  it.each([-301, 301])('refuses a timestamp %i s away', (seconds) => {
    const header = signWebhook({ ...EXAMPLE, secrets: [SECRET] });
    expect(verifyWebhook(EXAMPLE, header, keys, { ...AT, now: AT.now + seconds * 1000 })).toBe(false);
  });

  it.each(['', 'v1', 'v1,', 'v1,AAAA', 'v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=', 'v1a,AAAA'])(
    'refuses the header %j',
    (header) => {
      expect(verifyWebhook(EXAMPLE, header, keys, AT)).toBe(false);
    },
  );

  it('takes no signature of one scheme for the other', () => {
    const symmetric = signWebhook({ ...EXAMPLE, secrets: [SECRET] });
    expect(verifyWebhook(EXAMPLE, symmetric.replace('v1,', 'v1a,'), keys, AT)).toBe(false);
    const asymmetric = signWebhook({ ...EXAMPLE, keys: [pair.secretKey] });
    expect(verifyWebhook(EXAMPLE, asymmetric.replace('v1a,', 'v1,'), keys, AT)).toBe(false);
  });
});
