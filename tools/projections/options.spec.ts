import { describe, expect, it } from '@jest/globals';
import { UsageError } from '../start/user-error.ts';
import { parseOptions } from './options.ts';

const place = ['--nats-url', 'nats://n', '--mongodb-uri', 'mongodb://m', '--master-key-file', 'k'];

describe('the options of npm run projections', () => {
  it('are a command, perhaps a projection, and where the data is', () => {
    const nowhere = { projection: undefined, data: undefined, named: undefined, json: false };
    expect(parseOptions(['status'])).toEqual({ ...nowhere, command: 'status' });
    expect(parseOptions(['verify', 'forms', '--data', 'd', '--json'])).toEqual({
      ...nowhere,
      command: 'verify',
      projection: 'forms',
      data: 'd',
      json: true,
    });
    expect(parseOptions(['rebuild', ...place, '--nats-token-file', 't'])).toEqual({
      ...nowhere,
      command: 'rebuild',
      named: { natsUrl: 'nats://n', natsTokenFile: 't', mongoUri: 'mongodb://m', masterKeyFile: 'k' },
    });
  });

  it('ask for help', () => {
    expect(parseOptions(['--help'])).toBeUndefined();
    expect(parseOptions(['nonsense', '-h'])).toBeUndefined();
  });

  it.each([
    [[], 'no command was given; there are verify, rebuild, status'],
    [['bogus'], 'there is no command "bogus"; there are verify, rebuild, status'],
    [['verify', 'forms', 'submissions'], '"submissions" is one too many'],
    [['verify', '--foo'], /^unknown option --foo; there are --data, --nats-url, .*--json, --help$/],
    [['verify', '--data', ''], '--data must name a folder'],
    [['verify', ...place.slice(2)], '--nats-url, --mongodb-uri and --master-key-file go together'],
    [['verify', '--nats-token-file', 't'], '--nats-url, --mongodb-uri and --master-key-file go together'],
  ])('refuse %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });
});
