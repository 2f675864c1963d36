import { describe, expect, it } from '@jest/globals';
import { newEvent } from '#contracts/event';
import {
  webhookChangedV1,
  webhookCreatedV1,
  webhookDeletedV1,
  webhookDisabledV1,
  webhookEnabledV1,
  webhookFailingV1,
  webhookRecoveredV1,
  webhookSecretRotatedV1,
} from '#contracts/webhook/webhook.events';
import { given } from '#tools/testing/given';
import { webhookDecider, type StoredSettings, type WebhookCommand } from './webhook.decider.ts';

const settings: StoredSettings = {
  url: 'https://example.com/hook',
  description: '',
  form: null,
  types: [],
  payload: 'thin',
  ordered: false,
  contact: null,
};
const keys = { sealed: 'k1', publicKey: 'whpk_1' };
const newKeys = { sealed: 'k2', publicKey: 'whpk_2' };
const once = { key: 'k', request: 'r' };
const since = '2026-01-01T00:00:00.000Z';
const previousUntil = '2026-01-02T00:00:00.000Z';

const created = newEvent(webhookCreatedV1, { ...settings, keys, idempotency: once });
const failing = newEvent(webhookFailingV1, { since });
const disabled = newEvent(webhookDisabledV1, { reason: 'operator', failingSince: null });
const deleted = newEvent(webhookDeletedV1, {});
const create: WebhookCommand = { kind: 'create', settings, keys, idempotency: once };

describe('a webhook', () => {
  it('is created enabled, and a repeat of that changes nothing', () => {
    given(webhookDecider).when(create).then(created);
    given(webhookDecider, created).when(create).thenNothing();
    given(webhookDecider, created)
      .when({ ...create, idempotency: { ...once, request: 'other' } })
      .thenProblem('idempotency_key_reused');
  });

  it('is not created over another one', () => {
    const other: WebhookCommand = { ...create, idempotency: null };
    expect(() => given(webhookDecider, created).when(other).thenNothing()).toThrow('taken');
  });

  it('keeps the settings that a change does not name', () => {
    given(webhookDecider, created)
      .when({ kind: 'change', settings: { ordered: true } })
      .then(newEvent(webhookChangedV1, { ...settings, ordered: true }));
    given(webhookDecider, created)
      .when({ kind: 'change', settings: { ordered: false } })
      .thenNothing();
  });

  it('is not disabled for what another URL answered, nor failing any more once it was changed', () => {
    const url = 'https://example.com/repaired';
    const moved = newEvent(webhookChangedV1, { ...settings, url });
    const gone = { kind: 'disable', reason: 'gone', url: settings.url } as const;
    given(webhookDecider, created, moved).when(gone).thenNothing();
    given(webhookDecider, created)
      .when(gone)
      .then(newEvent(webhookDisabledV1, { reason: 'gone', failingSince: null }));
    given(webhookDecider, created, failing, moved).when({ kind: 'recovered' }).thenNothing();
  });

  it('gets new keys once for one idempotency key', () => {
    const rotate: WebhookCommand = { kind: 'rotate', keys: newKeys, previousUntil, idempotency: once };
    const rotated = newEvent(webhookSecretRotatedV1, { keys: newKeys, previousUntil, idempotency: once });
    given(webhookDecider, created).when(rotate).then(rotated);
    given(webhookDecider, created, rotated).when(rotate).thenNothing();
    given(webhookDecider, created, rotated)
      .when({ ...rotate, idempotency: { ...once, key: 'another' } })
      .then(newEvent(webhookSecretRotatedV1, { ...rotated.data, idempotency: { ...once, key: 'another' } }));
  });

  it('is told of as failing once, until it recovers', () => {
    given(webhookDecider, created).when({ kind: 'failing', since }).then(failing);
    given(webhookDecider, created, failing).when({ kind: 'failing', since }).thenNothing();
    given(webhookDecider, created).when({ kind: 'recovered' }).thenNothing();
    given(webhookDecider, created, failing)
      .when({ kind: 'recovered' })
      .then(newEvent(webhookRecoveredV1, {}));
  });

  it('is not told of as failing while it is disabled', () => {
    given(webhookDecider, created, disabled).when({ kind: 'failing', since }).thenNothing();
  });

  it('is disabled once, with since when it has been failing', () => {
    given(webhookDecider, created, failing)
      .when({ kind: 'disable', reason: 'gone' })
      .then(newEvent(webhookDisabledV1, { reason: 'gone', failingSince: since }));
    given(webhookDecider, created, disabled).when({ kind: 'disable', reason: 'gone' }).thenNothing();
  });

  it('is enabled with all its patience again', () => {
    const enabled = newEvent(webhookEnabledV1, {});
    given(webhookDecider, created).when({ kind: 'enable' }).thenNothing();
    given(webhookDecider, created, failing, disabled).when({ kind: 'enable' }).then(enabled);
    given(webhookDecider, created, failing, disabled, enabled)
      .when({ kind: 'failing', since: previousUntil })
      .then(newEvent(webhookFailingV1, { since: previousUntil }));
  });

  it.each<WebhookCommand>([
    { kind: 'change', settings: {} },
    { kind: 'enable' },
    { kind: 'disable', reason: 'operator' },
    { kind: 'delete' },
    { kind: 'recovered' },
  ])('is not there for $kind before it is created, nor after it was deleted', (command) => {
    given(webhookDecider).when(command).thenProblem('webhook_not_found');
    given(webhookDecider, created, deleted).when(command).thenProblem('webhook_not_found');
  });
});
