import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  MalformedSecret,
  readPublicKey,
  readSecret,
  readSecretKey,
  webhookKeyPair,
  webhookSecret,
} from './webhook-secret.ts';

const bytes = (length: number): Buffer => Buffer.alloc(length, 7);
const base64 = (length: number): string => bytes(length).toString('base64');

describe('a shared secret', () => {
  it('is read back as the bytes that it was made of', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 64 }), (random) => {
        expect(readSecret(webhookSecret(random))).toEqual(Buffer.from(random));
      }),
    );
  });

  it.each([0, 23, 65])('is not made of %i bytes', (length) => {
    expect(() => webhookSecret(bytes(length))).toThrow(`24 to 64 bytes, not ${length}`);
  });

  it.each([
    ['nothing', '', 'begins with whsec_'],
    ['no prefix', base64(24), 'begins with whsec_'],
    ['the prefix of another kind', `whpk_${base64(32)}`, 'begins with whsec_'],
    ['the prefix alone', 'whsec_', '24 to 64 bytes, not 0'],
    ['too few bytes', `whsec_${base64(16)}`, '24 to 64 bytes, not 16'],
    ['too many bytes', `whsec_${base64(65)}`, '24 to 64 bytes, not 65'],
    ['no padding', `whsec_${base64(25).replaceAll('=', '')}`, 'base64 (with padding)'],
    ['white space', `whsec_${base64(24)}\n`, 'base64 (with padding)'],
    ['the alphabet of URLs', `whsec_${'_-'.repeat(16)}`, 'base64 (with padding)'],
    ['hexadecimal with a dash', `whsec_${'ab-'.repeat(16)}`, 'base64 (with padding)'],
  ])('with %s is refused', (_, text, message) => {
    expect(() => readSecret(text)).toThrow(MalformedSecret);
    expect(() => readSecret(text)).toThrow(message);
  });

  it('is never in the message that refuses it', () => {
    const text = `whsec_${base64(20)}`;
    let message = '';
    try {
      readSecret(text);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).not.toBe('');
    expect(message).not.toContain(base64(20));
  });
});

describe('a key pair', () => {
  const pair = webhookKeyPair(bytes(32));

  it('is the same for the same seed, and of 64 and 32 bytes', () => {
    expect(webhookKeyPair(bytes(32))).toEqual(pair);
    expect(Buffer.from(pair.secretKey.slice(5), 'base64')).toHaveLength(64);
    expect(Buffer.from(pair.publicKey.slice(5), 'base64')).toHaveLength(32);
  });

  it('is the one of RFC 8032, section 7.1, test 1', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const expected = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
    expect(webhookKeyPair(seed).publicKey).toBe(`whpk_${Buffer.from(expected, 'hex').toString('base64')}`);
  });

  it('has a secret key that may be written as its seed alone', () => {
    expect(readSecretKey(`whsk_${base64(32)}`).equals(readSecretKey(pair.secretKey))).toBe(true);
  });

  it.each([
    ['half a secret key', () => readSecretKey(`whsk_${base64(16)}`), '32 or 64 bytes, not 16'],
    ['two halves of two keys', () => readSecretKey(`whsk_${base64(64)}`), 'do not belong together'],
    ['a public key for a secret one', () => readSecretKey(pair.publicKey), 'begins with whsk_'],
    ['a secret key for a public one', () => readPublicKey(pair.secretKey), 'begins with whpk_'],
    ['a public key of 64 bytes', () => readPublicKey(`whpk_${base64(64)}`), '32 bytes, not 64'],
    ['a seed of 31 bytes', () => webhookKeyPair(bytes(31)), '32 bytes, not of 31'],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(MalformedSecret);
    expect(act).toThrow(message);
  });
});
