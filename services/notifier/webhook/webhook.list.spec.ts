import { describe, expect, it } from '@jest/globals';
import type { WebhookRecord } from './webhook.fold.ts';
import { pageOfWebhooks } from './webhook.list.ts';

const records = [9, 7, 5, 3, 1].map((createdSeq): WebhookRecord => {
  return { id: `w${createdSeq}`, createdSeq, enabled: createdSeq !== 5 } as WebhookRecord;
});
const all = { state: null, limit: 2, cursor: null };

/** The ids on all pages. */
function walk(request: Parameters<typeof pageOfWebhooks>[1]): string[][] {
  const pages: string[][] = [];
  for (let cursor: string | null = null, more = true; more;) {
    const { items, next } = pageOfWebhooks(records, { ...request, cursor });
    pages.push(items.map(({ id }) => id));
    cursor = next;
    more = next !== null;
  }
  return pages;
}

describe('the list of webhooks', () => {
  it('comes in pages, the newest first, and ends', () => {
    expect(walk(all)).toEqual([['w9', 'w7'], ['w5', 'w3'], ['w1']]);
    expect(walk({ ...all, limit: 5 })).toEqual([['w9', 'w7', 'w5', 'w3', 'w1']]);
  });

  it('is narrowed by state', () => {
    expect(walk({ ...all, state: 'disabled' })).toEqual([['w5']]);
    expect(walk({ ...all, state: 'enabled' })).toEqual([
      ['w9', 'w7'],
      ['w3', 'w1'],
    ]);
  });

  it('refuses a cursor that it did not make', () => {
    expect(() => pageOfWebhooks(records, { ...all, cursor: 'nonsense' })).toThrow(
      expect.objectContaining({ code: 'bad_cursor' }),
    );
  });
});
