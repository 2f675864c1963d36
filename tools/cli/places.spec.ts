import { describe, expect, it } from '@jest/globals';
import { UsageError } from '../start/user-error.ts';
import { chooseVia, findPlaces, type GlobalOptions, type Places, type Via } from './places.ts';

describe('places', () => {
  it('come from options before the environment', async () => {
    const env = {
      FORMBUS_URL: 'http://env:1/',
      FORMBUS_API_KEY: 'env-key',
      NATS_URL: 'nats://env',
      NATS_TOKEN: 't',
    };
    expect(await findPlaces({}, env, [])).toMatchObject({
      gateway: { url: 'http://env:1', key: 'env-key' },
      bus: { servers: 'nats://env', token: 't', discovered: false },
    });
    const options = { url: 'https://option/', key: 'option-key', nats: 'nats://option' };
    expect(await findPlaces(options, env, [])).toMatchObject({
      gateway: { url: 'https://option', key: 'option-key' },
      bus: { servers: 'nats://option', token: 't' },
    });
  });

  it('are none where nothing says any', async () => {
    expect(await findPlaces({}, {}, [])).toEqual({});
  });

  it('of a data folder are not mixed with those of the environment', async () => {
    const env = { FORMBUS_URL: 'http://env:1', NATS_URL: 'nats://env' };
    expect(await findPlaces({ data: '/nowhere/at/all' }, env, [])).toEqual({});
  });
});

describe('the way of a command', () => {
  const gateway = { url: 'http://g', key: 'k' };
  const bus = { servers: 'nats://b', discovered: false };

  it.each<[string, readonly Via[], GlobalOptions, Places, Via | undefined]>([
    ['is the preferred one', ['bus', 'gateway'], {}, { gateway, bus }, 'bus'],
    ['is the one whose place is known', ['bus', 'gateway'], {}, { gateway }, 'gateway'],
    [
      'is not to a gateway without a key',
      ['gateway', 'bus'],
      {},
      { gateway: { ...gateway, key: undefined }, bus },
      'bus',
    ],
    ['is the one that was asked for', ['bus', 'gateway'], { via: 'gateway' }, { gateway, bus }, 'gateway'],
    [
      'is the one whose place was named',
      ['bus', 'gateway'],
      { url: 'http://g' },
      { gateway, bus },
      'gateway',
    ],
    ['is the preferred one where nothing is known', ['gateway', 'bus'], {}, {}, 'gateway'],
    ['is none for a command that talks to nobody', [], { via: 'bus' }, {}, undefined],
  ])('%s', (_what, talksTo, options, places, expected) => {
    expect(chooseVia(talksTo, options, places)).toBe(expected);
  });

  it('is refused where the command can not go it', () => {
    expect(() => chooseVia(['bus'], { via: 'gateway' }, { gateway })).toThrow(UsageError);
  });
});
