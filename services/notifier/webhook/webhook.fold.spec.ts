import { describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '#eventing/stored-event';
import type { WebhookEvent } from './webhook.decider.ts';
import { foldWebhook, type WebhookRecord } from './webhook.fold.ts';

const base = {
  subject: 'evt.acme.webhook.w1',
  workspace: 'acme',
  id: 'e',
  source: '/spec',
  actor: 'key:spec',
  correlation: 'c',
  erased: false,
  known: true,
} satisfies Partial<StoredEvent>;

const settings = {
  ...{ url: 'https://example.com/', description: '', form: null, types: [], payload: 'thin' as const },
  ...{ ordered: false, contact: null },
};
const keys = (sealed: string) => ({ sealed, publicKey: `whpk_${sealed}` });

/** The record after these events, one a minute. */
function folded(...events: readonly WebhookEvent[]): WebhookRecord | undefined {
  return events.reduce<WebhookRecord | undefined>((record, event, index) => {
    const time = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString();
    const stored = {
      ...base,
      ...event,
      seq: 10 + index,
      position: `e.${10 + index}`,
      version: index + 1,
      time,
    };
    return foldWebhook(record, stored);
  }, undefined);
}

const created: WebhookEvent = {
  type: 'formbus.webhook.created.v1',
  data: { ...settings, keys: keys('a'), idempotency: null },
};
const rotated = (sealed: string, previousUntil: string): WebhookEvent => ({
  type: 'formbus.webhook.secretRotated.v1',
  data: { keys: keys(sealed), previousUntil, idempotency: null },
});

describe('the record of a webhook', () => {
  it('is not failing any more with another URL, and still is with other settings', () => {
    const failing: WebhookEvent = {
      type: 'formbus.webhook.failing.v1',
      data: { since: '2026-01-01T00:00:00.000Z' },
    };
    const changed = (change: Partial<typeof settings>): WebhookEvent => ({
      type: 'formbus.webhook.changed.v1',
      data: { ...settings, ...change },
    });
    const moved = changed({ url: 'https://example.com/repaired' });
    expect(folded(created, failing, moved)?.failingSince).toBeNull();
    expect(folded(created, failing, changed({ ordered: true }))?.failingSince).toBe(failing.data.since);
  });

  it('begins enabled, behind its own event', () => {
    expect(folded(created)).toMatchObject({
      id: 'w1',
      enabled: true,
      createdSeq: 10,
      version: 1,
      keys: [{ sealed: 'a', until: null }],
    });
  });

  it('keeps keys from before a rotation until their time has come', () => {
    const day = '2026-01-02T00:00:00.000Z';
    expect(folded(created, rotated('b', day), rotated('c', day))?.keys).toEqual([
      { ...keys('c'), until: null },
      { ...keys('b'), until: day },
      { ...keys('a'), until: day },
    ]);
    const over = '2026-01-01T00:01:30.000Z';
    expect(folded(created, rotated('b', over), rotated('c', day))?.keys.map(({ sealed }) => sealed)).toEqual([
      'c',
      'b',
    ]);
  });

  it('says why and since when it is disabled, and forgets it when it is enabled', () => {
    const disabled: WebhookEvent = {
      type: 'formbus.webhook.disabled.v1',
      data: { reason: 'failing', failingSince: '2026-01-01T00:00:00.000Z' },
    };
    expect(folded(created, disabled)).toMatchObject({
      enabled: false,
      disabled: { reason: 'failing', at: '2026-01-01T00:01:00.000Z' },
      failingSince: '2026-01-01T00:00:00.000Z',
    });
    expect(folded(created, disabled, { type: 'formbus.webhook.enabled.v1', data: {} })).toMatchObject({
      enabled: true,
      disabled: null,
      failingSince: null,
    });
  });

  it('is gone when it was deleted', () => {
    expect(folded(created, { type: 'formbus.webhook.deleted.v1', data: {} })).toBeUndefined();
  });
});
