import { describe, expect, it } from '@jest/globals';
import { TestQuota } from './test-quota.ts';

const HOUR = 3_600_000;

describe('tests of mail', () => {
  it('are ten an hour for each workspace', () => {
    const quota = new TestQuota();
    for (let i = 0; i < 10; i++) quota.take('acme', i * 1_000);
    expect(() => quota.take('acme', 20_000)).toThrow(
      expect.objectContaining({ code: 'too_many_requests', retryAfter: 3_580 }),
    );
    expect(() => quota.take('other', 20_000)).not.toThrow();
  });

  it('are sent again as the hour of earlier ones is over, refusals not counted', () => {
    const quota = new TestQuota();
    for (let i = 0; i < 10; i++) quota.take('acme', i * 1_000);
    for (let i = 0; i < 10; i++) expect(() => quota.take('acme', HOUR - 1)).toThrow();
    expect(() => quota.take('acme', HOUR)).not.toThrow();
    expect(() => quota.take('acme', HOUR)).toThrow(expect.objectContaining({ retryAfter: 1 }));
  });
});
