import { describe, expect, it } from '@jest/globals';
import { UsageError } from '#tools/start/user-error';
import { parseOptions } from './options.ts';

const target = ['--url', 'http://localhost:8080/x', '--key-file', 'k'];

describe('the options of npm run demo', () => {
  it('have defaults, and can be given', () => {
    const defaults = { target: undefined, data: undefined, json: false, seed: false, fresh: false };
    expect(parseOptions([])).toEqual({ ...defaults, connections: 32 });
    expect(parseOptions(['--fresh', '--data', 'd.csv', '--connections', '1'])).toEqual({
      ...defaults,
      fresh: true,
      data: 'd.csv',
      connections: 1,
    });
    expect(parseOptions(target)?.target).toEqual({ url: 'http://localhost:8080', keyFile: 'k' });
    expect(parseOptions(['-h'])).toBeUndefined();
  });

  it.each([
    [['--url', 'http://x'], '--url and --key-file go together'],
    [['--url', 'x', '--key-file', 'k'], '--url must be an address, not "x"'],
    [['--connections', '0'], '--connections must be between 1 and 1024, not "0"'],
    [['--data', ''], '--data must name a file'],
    [['--fresh', ...target], '--fresh is about the system that the demo starts: not with --url'],
    [['--foo'], 'unknown option --foo'],
    [['file.csv'], 'unknown argument "file.csv"'],
  ])('refuse %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });
});
