import { describe, expect, it } from '@jest/globals';
import { UsageError } from '#tools/start/user-error';
import { parseOptions } from './options.ts';

describe('the options of npm run chaos:tasks', () => {
  it('have defaults, and can be given', () => {
    expect(parseOptions([])).toMatchObject({ tasks: 50_000, kills: 50, workers: 4, json: false });
    expect(parseOptions(['--tasks', '5000', '--seed', '42', '--json'])).toMatchObject({
      tasks: 5_000,
      kills: 8,
      seed: 42,
      json: true,
    });
    expect(parseOptions(['--kills', '0'])).toMatchObject({ kills: 0 });
    expect(parseOptions(['-h'])).toBeUndefined();
  });

  it.each([
    [['--tasks', '0'], '--tasks must be between 1 and 1000000, not "0"'],
    [['--rounds', '3'], 'unknown option --rounds'],
  ])('refuse %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });
});
