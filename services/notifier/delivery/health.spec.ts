import { describe, expect, it } from '@jest/globals';
import { Health } from './health.ts';

const START = Date.UTC(2026, 0, 1);
const at = (seconds: number): number => START + seconds * 1000;
const since = new Date(START).toISOString();
const DAY = 24 * 3600;

describe('health', () => {
  it('is told of as failing after a minute of nothing but failures, until that is stored', () => {
    const health = new Health(null);
    expect(health.failed(at(0), null)).toBeUndefined();
    expect(health.failed(at(59), null)).toBeUndefined();
    expect(health.failed(at(60), null)).toEqual({ kind: 'failing', since });
    expect(health.failed(at(61), null)).toEqual({ kind: 'failing', since });
    expect(health.failed(at(600), since)).toBeUndefined();
  });

  it('begins anew with every success', () => {
    const health = new Health(null);
    health.failed(at(0), null);
    expect(health.succeeded(at(30), null)).toBeUndefined();
    expect(health.failed(at(61), null)).toBeUndefined();
  });

  it('says that it recovered, if the log says that it failed', () => {
    const health = new Health(since);
    expect(health.succeeded(at(30), since)).toEqual({ kind: 'recovered' });
    expect(health.succeeded(at(30), since)).toEqual({ kind: 'recovered' });
    expect(health.succeeded(at(30), null)).toBeUndefined();
  });

  it('says little of one that comes and goes, and how long it really fails', () => {
    const health = new Health(null);
    let told: string | null = null;
    const said: string[] = [];
    const step = (change: ReturnType<Health['failed']>): void => {
      if (change === undefined) return;
      told = change.kind === 'failing' ? change.since : null;
      said.push(change.kind);
    };
    for (let seconds = 0; seconds < DAY; seconds += 10)
      step(seconds % 300 < 200 ? health.failed(at(seconds), told) : health.succeeded(at(seconds), told));
    expect(said.length).toBeGreaterThan(40);
    expect(said.length).toBeLessThan(50);
    for (let seconds = DAY; seconds < DAY + 3700; seconds += 10) step(health.failed(at(seconds), told));
    expect(told).toBe(new Date(at(DAY)).toISOString());
  });

  it('gives up after five days, and goes on from what was told before', () => {
    const disable = { kind: 'disable', reason: 'failing', failingSince: since };
    const health = new Health(since);
    for (const seconds of [-300, -200, -1])
      expect(health.failed(at(5 * DAY + seconds), since)).toBeUndefined();
    expect(health.failed(at(5 * DAY), since)).toEqual(disable);
    expect(health.failed(at(5 * DAY + 1), since)).toEqual(disable);
  });

  it('does not take quiet days for failures', () => {
    const health = new Health(null);
    for (const seconds of [0, 10, 20]) health.failed(at(seconds), null);
    expect(health.failed(at(10 * DAY), since)).toBeUndefined();
    expect(health.failed(at(10 * DAY + 10), since)).toBeUndefined();
    expect(health.failed(at(10 * DAY + 20), since)).toMatchObject({ kind: 'disable' });
  });
});
