import { describe, expect, it } from '@jest/globals';
import type { Bench } from './bench.ts';
import type { Machine } from './machine.ts';
import { json, significant, table } from './report.ts';

const machine: Machine = {
  cpu: 'Abacus 9000',
  cores: 2,
  memoryGiB: 24,
  system: 'Linux 6.1 x64',
  node: '24.0.0',
  cpuQuota: null,
};
const result = {
  figures: { perSecond: 2912.345678, p95ms: 12.34567 },
  ratios: { toCrud: 1.23456, toRedis: null },
  settings: { seconds: 60, interval95: { toCrud: [1.1, 1.3] } },
};
const bench: Bench = {
  name: 'ingest',
  describe: 'Takes submissions',
  keys: {
    perSecond: { text: 'at 128 connections', unit: '/s', atLeast: 3000 },
    p95ms: { text: 'as callers see it', unit: 'ms', under: 20 },
    toCrud: { text: 'of the CRUD app', atLeast: 1.2 },
    toRedis: { text: 'of what was left out', atLeast: 1 },
    missing: { text: 'not measured this time' },
  },
  run: () => Promise.resolve(result),
};

describe('the report', () => {
  it('says for each figure what is to be reached and whether it was', () => {
    const text = table(bench, result, machine);
    expect(text).toMatch(/perSecond\s+2,912 \/s\s+SHORT OF 3,000\s+at 128 connections/);
    expect(text).toMatch(/p95ms\s+12.3 ms\s+under 20/);
    expect(text).toMatch(/toCrud\s+1.23\s+reached 1.2/);
    expect(text).not.toContain('missing');
    expect(text).not.toContain('left out');
    expect(text).toContain('interval95: {"toCrud":[1.1,1.3]}');
  });

  it('is one line of JSON for programs', () => {
    const text = json(bench, result, machine);
    expect(text).not.toContain('\n');
    expect(JSON.parse(text)).toEqual({
      bench: 'ingest',
      figures: { perSecond: 2912, p95ms: 12.35 },
      ratios: { toCrud: 1.235, toRedis: null },
      settings: result.settings,
      machine,
    });
  });

  it('rounds to what a benchmark knows', () => {
    expect([significant(123456), significant(0.123456), significant(1234.56)]).toEqual([
      123456, 0.1235, 1235,
    ]);
  });
});
