import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDataDirectory, readSecret } from '../start/data-directory.ts';
import { announceRunning } from '../start/running.ts';
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

describe('a system that runs here', () => {
  const url = 'http://localhost:8080';
  const natsUrl = 'nats://127.0.0.1:4222';
  let folder: string;
  let secrets: { key: string; token: string };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'formbus-places-'));
    const data = await openDataDirectory(folder);
    await announceRunning(folder, { url, natsUrl, mongoUri: 'mongodb://127.0.0.1:1' });
    secrets = { key: await readSecret(data.apiKeyFile), token: await readSecret(data.natsTokenFile) };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const here = () => ({
    gateway: { url, key: secrets.key, named: false },
    bus: { servers: natsUrl, token: secrets.token, named: false, discovered: true },
    folder,
  });

  it('is found where nothing else is named', async () => {
    expect(await findPlaces({}, {}, [folder])).toMatchObject(here());
  });

  it('is the same when one of its addresses is named', async () => {
    const { gateway, bus } = here();
    expect(await findPlaces({}, { FORMBUS_URL: `${url}/` }, [folder])).toMatchObject({
      gateway: { ...gateway, named: true },
      bus,
    });
    expect(await findPlaces({ nats: natsUrl }, {}, [folder])).toMatchObject({
      gateway,
      bus: { ...bus, named: true },
    });
  });

  it.each([{ FORMBUS_URL: 'https://elsewhere' }, { NATS_URL: 'nats://elsewhere' }])(
    'is left out where the environment names another one: %j',
    async (env) => {
      const found = await findPlaces({}, env, [folder]);
      expect(Object.keys(found)).toEqual(['FORMBUS_URL' in env ? 'gateway' : 'bus']);
      expect(JSON.stringify(found)).not.toContain(secrets.key);
    },
  );

  it('is not left out when it was asked for by its folder', async () => {
    const { gateway } = here();
    const found = await findPlaces({ data: folder, nats: 'nats://elsewhere' }, {}, []);
    expect(found).toMatchObject({ gateway, bus: { servers: 'nats://elsewhere', discovered: false } });
  });
});

describe('the way of a command', () => {
  const gateway = { url: 'http://g', key: 'k', named: false };
  const bus = { servers: 'nats://b', named: false, discovered: true };

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
    [
      'is the one that the environment names',
      ['bus', 'gateway'],
      {},
      { gateway: { ...gateway, named: true }, bus },
      'gateway',
    ],
    [
      'is the preferred one of two that the environment names',
      ['bus', 'gateway'],
      {},
      { gateway: { ...gateway, named: true }, bus: { ...bus, named: true } },
      'bus',
    ],
    [
      'is not the one that the environment names where the command line names another',
      ['bus', 'gateway'],
      { nats: 'nats://b' },
      { gateway: { ...gateway, named: true }, bus: { ...bus, named: true } },
      'bus',
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
