import { describe, expect, it } from '@jest/globals';
import type { TaskSnapshot } from '#contracts/task/task.records';
import { describeTask, retryAfter } from './task.resource.ts';

const snapshot: TaskSnapshot = {
  task: 't1',
  kind: 'webhook-replay',
  tier: 'batch',
  state: 'running',
  attempt: 1,
  attempts: 3,
  progress: { done: 1, total: 2, note: null, resume: 'opaque place' },
  about: { workspace: 'acme', webhook: 'w1' },
  result: null,
  problem: null,
  queuedAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:01.000Z',
  endedAt: null,
  expiresAt: '2026-02-01T00:00:00.000Z',
  cancelRequestedAt: null,
};

describe('a task as callers see it', () => {
  it('has its progress, and not where its next attempt would go on', () => {
    const described = describeTask(snapshot);
    expect(described).toMatchObject({ id: 't1', progress: { done: 1, total: 2, note: null } });
    expect(JSON.stringify(described)).not.toContain('opaque');
  });

  it('says that it was asked to stop', () => {
    expect(describeTask(snapshot).cancelRequested).toBe(false);
    const cancelRequestedAt = '2026-01-01T00:00:02.000Z';
    expect(describeTask({ ...snapshot, cancelRequestedAt }).cancelRequested).toBe(true);
  });

  it('says why it failed as error answers do, a code of a newer Formbus among them', () => {
    const failed = (code: string) =>
      describeTask({ ...snapshot, state: 'failed', problem: { code, title: 'Title', detail: null } }).problem;
    expect(failed('webhook_disabled')).toEqual({
      type: 'urn:formbus:problem:webhook_disabled',
      title: 'Title',
      status: 409,
      code: 'webhook_disabled',
      action: 'Enable it first.',
    });
    expect(failed('of_tomorrow')).toMatchObject({ code: 'of_tomorrow', status: 500 });
  });
});

describe('the next look at a task', () => {
  const asked = Date.parse(snapshot.queuedAt);

  it.each([
    [-5, 1],
    [0, 1],
    [11, 2],
    [100, 10],
    [86_400, 30],
  ])('makes sense the later the longer it goes on: after %i s in %i s', (age, seconds) => {
    expect(retryAfter(snapshot, asked + age * 1000)).toBe(seconds);
  });

  it.each(['succeeded', 'failed', 'cancelled'] as const)('makes none when it has %s', (state) => {
    expect(retryAfter({ ...snapshot, state }, asked)).toBeUndefined();
  });
});
