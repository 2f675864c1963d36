import { describe, expect, it } from '@jest/globals';
import { apiKeyId, hashApiKey, issueApiKey, matchesHash } from './api-key.ts';

describe('API keys', () => {
  it('carry their id in clear and match their own hash alone', () => {
    const one = issueApiKey();
    const two = issueApiKey();
    expect(apiKeyId(one.key)).toBe(one.id);
    expect(one.hash).toBe(hashApiKey(one.key));
    expect(matchesHash(one.key, one.hash)).toBe(true);
    expect(matchesHash(two.key, one.hash)).toBe(false);
  });

  it.each([
    '',
    'fb_short',
    'fb_abcdefgh_tooshort',
    'sk_abcdefgh_' + 'x'.repeat(43),
    'fb_abcd-fgh_' + 'x'.repeat(43),
  ])('of another shape have no id: %j', (text) => {
    expect(apiKeyId(text)).toBeUndefined();
  });

  it('never match a hash of another length', () => {
    expect(matchesHash(issueApiKey().key, 'abcd')).toBe(false);
  });

  it('has the id that its seed gives, and a secret of its own', () => {
    const [one, two] = [issueApiKey('seed'), issueApiKey('seed')];
    expect(apiKeyId(one.key)).toBe(two.id);
    expect(one.key).not.toBe(two.key);
    expect(issueApiKey('other').id).not.toBe(one.id);
  });
});
