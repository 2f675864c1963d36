import { describe, it } from '@jest/globals';
import { keyCreatedV1, keyRevokedV1, keyScopesChangedV1 } from '#contracts/access/access.events';
import { newEvent } from '#contracts/event';
import { given } from '#tools/testing/given';
import { keyDecider } from './key.decider.ts';

const create = {
  kind: 'create',
  key: 'abcdEF12',
  name: 'CI',
  hash: 'a'.repeat(64),
  scopes: ['forms:read'],
  expiresAt: null,
} as const;
const created = newEvent(keyCreatedV1, {
  key: create.key,
  name: create.name,
  hash: create.hash,
  scopes: ['forms:read'],
  expiresAt: null,
});
const changeScopes = { kind: 'changeScopes', scopes: ['forms:read', 'forms:write'] } as const;
const scopesChanged = newEvent(keyScopesChangedV1, {
  key: create.key,
  scopes: ['forms:read', 'forms:write'],
});
const revoked = newEvent(keyRevokedV1, { key: create.key, reason: 'leaked' });

describe('an API key', () => {
  it('is created once', () => {
    given(keyDecider).when(create).then(created);
  });

  it('stays as it is when the same key is created again', () => {
    given(keyDecider, created).when(create).thenNothing();
  });

  it('refuses another secret under its id', () => {
    given(keyDecider, created)
      .when({ ...create, hash: 'b'.repeat(64) })
      .thenProblem('key_exists');
  });

  it('is revoked', () => {
    given(keyDecider, created).when({ kind: 'revoke', reason: 'leaked' }).then(revoked);
  });

  it('is not revoked twice', () => {
    given(keyDecider, created, revoked).when({ kind: 'revoke', reason: 'again' }).thenNothing();
  });

  it('does not come back when it is created again after it was revoked', () => {
    given(keyDecider, created, revoked).when(create).thenNothing();
  });

  it('cannot be revoked before it exists', () => {
    given(keyDecider).when({ kind: 'revoke', reason: 'x' }).thenProblem('key_not_found');
  });

  it('gets other scopes', () => {
    given(keyDecider, created).when(changeScopes).then(scopesChanged);
  });

  it('stays as it is when it has those scopes, in whatever order', () => {
    given(keyDecider, created, scopesChanged)
      .when({ kind: 'changeScopes', scopes: ['forms:write', 'forms:read'] })
      .thenNothing();
  });

  it('gets no scopes after it was revoked, nor before it exists', () => {
    given(keyDecider, created, revoked).when(changeScopes).thenNothing();
    given(keyDecider).when(changeScopes).thenProblem('key_not_found');
  });
});
