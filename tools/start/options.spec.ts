import { describe, expect, it } from '@jest/globals';
import { parseOptions } from './options.ts';
import { UsageError } from './user-error.ts';

describe('the options of npm start', () => {
  it('have defaults', () => {
    expect(parseOptions([])).toEqual({ port: 8080, dataDir: '.formbus', demo: true });
  });

  it('can all be given', () => {
    expect(parseOptions(['--port', '9000', '--data', '/tmp/x', '--no-demo'])).toEqual({
      port: 9000,
      dataDir: '/tmp/x',
      demo: false,
    });
  });

  it('ask for help', () => {
    expect(parseOptions(['--help'])).toBeUndefined();
    expect(parseOptions(['-h', '--port', 'nonsense'])).toBeUndefined();
  });

  it.each([
    [['--port', '0'], /--port must be between 1 and 65535, not "0"/],
    [['--port', '65536'], /--port must be/],
    [['--port', '8e3'], /--port must be/],
    [['--data', ''], /--data must name a folder/],
    [['--demo'], /unknown option --demo; there are .*--no-demo/],
    [['extra'], /unknown argument "extra"/],
  ])('refuse %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });
});
