import { describe, expect, it } from '@jest/globals';
import { UsageError } from '#tools/start/user-error';
import { parseOptions, usage } from './options.ts';

const KNOWN = ['ingest', 'start'];

describe('the command line of the benchmarks', () => {
  it('takes benches by name, with flags before or after', () => {
    expect(parseOptions(['--quick', 'ingest', '--json'], KNOWN)).toEqual({
      names: ['ingest'],
      quick: true,
      json: true,
      redis: true,
      profile: undefined,
    });
    expect(parseOptions(['ingest', 'start', '--no-redis', '--profile', 'p'], KNOWN)).toMatchObject({
      names: ['ingest', 'start'],
      redis: false,
      profile: 'p',
    });
  });

  it.each([
    [[], 'name a bench'],
    [['ingets'], 'there is no bench "ingets"'],
    [['ingest', 'start', '--json'], 'one bench at a time'],
    [['ingest', '--profile', ''], 'must name a folder'],
    [['ingest', '--fast'], '--fast'],
  ])('refuses %j', (args, message) => {
    expect(() => parseOptions(args, KNOWN)).toThrow(UsageError);
    expect(() => parseOptions(args, KNOWN)).toThrow(message);
  });

  it('gives help with every bench in it', () => {
    expect(parseOptions(['-h'], KNOWN)).toBeUndefined();
    expect(usage([{ name: 'ingest', describe: 'Takes submissions' }])).toContain(
      'ingest      Takes submissions',
    );
  });
});
