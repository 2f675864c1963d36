import { describe, expect, it } from '@jest/globals';
import type { StoredSettings } from '../webhook/webhook.decider.ts';
import type { WebhookRecord } from '../webhook/webhook.fold.ts';
import type { EventRef } from './event-ref.ts';
import { isSubscribed, logFilters, wantsTasks } from './subscribed.ts';

const endpoint = (settings: Partial<StoredSettings> = {}): WebhookRecord =>
  ({
    id: 'w1',
    workspace: 'acme',
    settings: { form: null, types: [], ...settings },
  }) as unknown as WebhookRecord;
const event = (more: Partial<EventRef> = {}): EventRef =>
  ({
    ...{ workspace: 'acme', type: 'formbus.submission.submitted.v2', form: 'orders', webhook: null },
    ...more,
  }) as EventRef;

describe('an endpoint', () => {
  it('gets every type unless it names some', () => {
    expect(isSubscribed(endpoint(), event())).toBe(true);
    expect(isSubscribed(endpoint({ types: ['formbus.form.created.v1'] }), event())).toBe(false);
  });

  it('gets nothing of another workspace, whatever is read for it', () => {
    expect(isSubscribed(endpoint(), event({ workspace: 'other' }))).toBe(false);
  });

  it('gets the newest version of a type that it chose by an older one', () => {
    expect(isSubscribed(endpoint({ types: ['formbus.submission.submitted.v1'] }), event())).toBe(true);
  });

  it('of one form gets its events and those of no form', () => {
    const ofOrders = endpoint({ form: 'orders' });
    expect(isSubscribed(ofOrders, event())).toBe(true);
    expect(isSubscribed(ofOrders, event({ form: 'other' }))).toBe(false);
    expect(isSubscribed(ofOrders, event({ type: 'formbus.task.finished.v1', form: null }))).toBe(true);
  });

  it('is not told of itself', () => {
    const disabled = { type: 'formbus.webhook.disabled.v1', form: null };
    expect(isSubscribed(endpoint(), event({ ...disabled, webhook: 'w1' }))).toBe(false);
    expect(isSubscribed(endpoint(), event({ ...disabled, webhook: 'w2' }))).toBe(true);
  });

  it('reads those subjects alone that hold what it wants, and some, so that it keeps pace with the log', () => {
    const types = ['formbus.submission.submitted.v2'];
    expect(logFilters(endpoint({ form: 'orders', types })).sort()).toEqual([
      'evt.acme.submission.orders.*',
      'evt.acme.webhook.*',
    ]);
    expect(logFilters(endpoint()).sort()).toEqual([
      'evt.acme.form.*',
      'evt.acme.submission.*.*',
      'evt.acme.webhook.*',
    ]);
    expect(logFilters(endpoint({ types: ['formbus.task.finished.v1'] }))).toEqual(['evt.acme.webhook.*']);
  });

  it('reads the ends of tasks if it wants them', () => {
    expect(wantsTasks(endpoint())).toBe(true);
    expect(wantsTasks(endpoint({ types: ['formbus.form.created.v1'] }))).toBe(false);
    expect(wantsTasks(endpoint({ types: ['formbus.task.finished.v1'] }))).toBe(true);
  });
});
