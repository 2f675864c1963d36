import { describe, expect, it } from '@jest/globals';
import { Health } from './health.ts';

const START = Date.UTC(2026, 0, 1);
const at = (seconds: number): number => START + seconds * 1000;
const since = new Date(START).toISOString();
const DAY = 24 * 3600;

describe('health', () => {
  it('is told of as failing after a minute of nothing but failures, once', () => {
    const health = new Health(null);
    expect(health.failed(at(0))).toBeUndefined();
    expect(health.failed(at(59))).toBeUndefined();
    expect(health.failed(at(60))).toEqual({ kind: 'failing', since });
    expect(health.failed(at(600))).toBeUndefined();
  });

  it('begins anew with every success', () => {
    const health = new Health(null);
    health.failed(at(0));
    expect(health.succeeded()).toBeUndefined();
    expect(health.failed(at(61))).toBeUndefined();
  });

  it('says that it recovered, if it said that it failed', () => {
    const health = new Health(null);
    health.failed(at(0));
    health.failed(at(70));
    expect(health.succeeded()).toEqual({ kind: 'recovered' });
    expect(health.succeeded()).toBeUndefined();
  });

  it('gives up after five days, and goes on from what was told before', () => {
    const disable = { kind: 'disable', reason: 'failing', failingSince: since };
    const health = new Health(since);
    expect(health.failed(at(5 * DAY - 1))).toBeUndefined();
    expect(health.failed(at(5 * DAY))).toEqual(disable);
    expect(health.failed(at(6 * DAY))).toEqual(disable);
  });
});
