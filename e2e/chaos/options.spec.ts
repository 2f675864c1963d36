import { describe, expect, it } from '@jest/globals';
import { UsageError } from '#tools/start/user-error';
import { parseOptions } from './options.ts';
import { KINDS } from './victims.ts';

describe('the options of npm run chaos:kill', () => {
  it('have defaults, and can be given', () => {
    const drawn = parseOptions([]);
    expect(drawn).toMatchObject({ rounds: 20, submissions: 20_000, connections: 16, only: KINDS });
    expect(Number.isInteger(drawn?.seed)).toBe(true);
    const given = parseOptions(['--rounds', '3', '--seed', '42', '--only', 'nats, gateway worker', '--json']);
    expect(given).toMatchObject({ rounds: 3, seed: 42, only: ['nats', 'gateway worker'], json: true });
    expect(parseOptions(['-h'])).toBeUndefined();
  });

  it.each([
    [['--rounds', '0'], '--rounds must be between 1 and 10000, not "0"'],
    [['--only', 'everything'], /--only knows nats, .*, not "everything"/],
    [['--foo'], 'unknown option --foo'],
    [['extra'], 'unknown argument "extra"'],
  ])('refuse %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });
});
