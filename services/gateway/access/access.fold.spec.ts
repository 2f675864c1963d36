import { describe, expect, it } from '@jest/globals';
import { keyCreatedV1, keyRevokedV1, keyScopesChangedV1 } from '#contracts/access/access.events';
import { newEvent } from '#contracts/event';
import { foldAccess, type AccessEvent, type Directory } from './access.fold.ts';
import type { KeyEvent } from './key.decider.ts';

const KEY = 'abcdEF12';
const created = newEvent(keyCreatedV1, {
  key: KEY,
  name: 'CI',
  hash: 'a'.repeat(64),
  scopes: ['forms:read'],
  expiresAt: null,
});
const scopesChanged = newEvent(keyScopesChangedV1, { key: KEY, scopes: ['forms:write'] });
const revoked = newEvent(keyRevokedV1, { key: KEY, reason: 'leaked' });

const stored = (workspace: string, event: KeyEvent): AccessEvent =>
  ({ ...event, workspace, time: '2030-01-01T00:00:00.000Z', actor: 'spec', version: 1 }) as AccessEvent;

function folded(...events: AccessEvent[]): Directory {
  const directory: Directory = { keys: new Map(), workspaces: new Map() };
  for (const event of events) foldAccess(directory, event);
  return directory;
}

describe('the access directory', () => {
  it('knows who created a key, and that it was revoked', () => {
    expect(folded(stored('acme', created)).keys.get(KEY)).toMatchObject({
      workspace: 'acme',
      createdBy: 'spec',
      revokedAt: null,
    });
    expect(folded(stored('acme', created), stored('acme', revoked)).keys.get(KEY)).toMatchObject({
      revokedAt: '2030-01-01T00:00:00.000Z',
    });
  });

  it('knows what a key may do since its scopes were changed', () => {
    const { keys } = folded(stored('acme', created), { ...stored('acme', scopesChanged), version: 2 });
    expect(keys.get(KEY)).toMatchObject({ name: 'CI', scopes: new Set(['forms:write']), version: 2 });
  });

  it('lets no workspace take, change or revoke a key of another by its id', () => {
    const { keys } = folded(
      stored('acme', created),
      stored('other', created),
      stored('other', scopesChanged),
      stored('other', revoked),
    );
    expect(keys.get(KEY)).toMatchObject({
      workspace: 'acme',
      scopes: new Set(['forms:read']),
      revokedAt: null,
    });
  });
});
