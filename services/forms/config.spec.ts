import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '#service/config';
import { FormsConfig } from './config.ts';

const needed = { MONGODB_URI: 'mongodb://m', MASTER_KEY: Buffer.alloc(32).toString('base64') };
const load = (more: Record<string, string>) => loadConfig(FormsConfig, { ...needed, ...more });

describe('the settings of the forms service', () => {
  it('are every role and every tier, unless some are named', () => {
    expect(load({})).toMatchObject({
      ROLES: ['api', 'projector', 'worker'],
      TIERS: ['high', 'default', 'batch'],
    });
    expect(load({ ROLES: 'worker', TIERS: 'batch, high' })).toMatchObject({
      ROLES: ['worker'],
      TIERS: ['batch', 'high'],
    });
  });

  it('name the setting that is wrong and what it may be', () => {
    expect(() => load({ ROLES: 'api,wrker', TIERS: 'low' })).toThrow(
      /ROLES: each must be one of api, projector, worker\n.*TIERS: each must be one of high, default, batch/,
    );
    expect(() => load({ MASTER_KEY: 'short' })).toThrow(/MASTER_KEY: must be 32 bytes in base64/);
  });
});
