import { describe, expect, it } from '@jest/globals';
import { parseCommandLine } from './command-line.ts';
import { UsageError } from './user-error.ts';

const options = {
  data: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

describe('a command line', () => {
  it('gives options and arguments', () => {
    const args = ['one', '--data', 'x', '-h', '--', '--two'];
    const { values, positionals } = parseCommandLine({ args, options, allowPositionals: true });
    expect(values).toEqual({ data: 'x', json: false, help: true });
    expect(positionals).toEqual(['one', '--two']);
  });

  it.each([
    [['--foo'], 'unknown option --foo; there are --data, --json, --help'],
    [['--json', '--foo=bar'], 'unknown option --foo; there are --data, --json, --help'],
    [['-x', 'y'], 'unknown option -x; there are --data, --json, --help'],
    [['--constructor'], 'unknown option --constructor; there are --data, --json, --help'],
    [['extra'], 'unknown argument "extra"; --help tells what there is'],
    [['--data'], "Option '--data <value>' argument missing"],
    [['--json=yes'], "Option '--json' does not take an argument"],
  ])('with %j is refused', (args, message) => {
    const parse = () => parseCommandLine({ args, options });
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(message);
    expect(parse).not.toThrow('\n');
  });
});
