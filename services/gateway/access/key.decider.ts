import { keyCreatedV1, keyRevokedV1, keyScopesChangedV1 } from '#contracts/access/access.events';
import type { Scope } from '#contracts/access/scopes';
import { Problem } from '#contracts/errors';
import { newEvent, type EventOf } from '#contracts/event';
import type { Decider } from '#eventing/decider';

export type KeyCommand =
  | {
      readonly kind: 'create';
      readonly key: string;
      readonly name: string;
      readonly hash: string;
      readonly scopes: readonly Scope[];
      readonly expiresAt: string | null;
    }
  | { readonly kind: 'changeScopes'; readonly scopes: readonly Scope[] }
  | { readonly kind: 'revoke'; readonly reason: string };

export type KeyEvent =
  EventOf<typeof keyCreatedV1> | EventOf<typeof keyScopesChangedV1> | EventOf<typeof keyRevokedV1>;

export type KeyState =
  | { readonly state: 'none' }
  | {
      readonly state: 'active' | 'revoked';
      readonly key: string;
      readonly hash: string;
      readonly scopes: readonly Scope[];
    };

/** An API key is created once, may get other scopes, and is revoked for ever. */
export const keyDecider: Decider<KeyCommand, KeyState, KeyEvent> = {
  initial: { state: 'none' },

  decide(command, state) {
    switch (command.kind) {
      case 'create': {
        if (state.state === 'none') {
          const { key, name, hash, scopes, expiresAt } = command;
          return [newEvent(keyCreatedV1, { key, name, hash, scopes: [...scopes], expiresAt })];
        }
        // The launcher gives the same first key at every start; another secret is the repeat of a request whose answer
        // showed the first one.
        if (state.hash === command.hash) return [];
        throw new Problem(
          'key_exists',
          `The key ${command.key} exists; its secret was shown when it was made`,
        );
      }
      case 'changeScopes':
        if (state.state === 'none') throw new Problem('key_not_found');
        return state.state === 'revoked' || areSame(state.scopes, command.scopes)
          ? []
          : [newEvent(keyScopesChangedV1, { key: state.key, scopes: [...command.scopes] })];
      case 'revoke':
        if (state.state === 'none') throw new Problem('key_not_found');
        return state.state === 'revoked'
          ? []
          : [newEvent(keyRevokedV1, { key: state.key, reason: command.reason })];
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'formbus.access.keyCreated.v1':
        return {
          state: 'active',
          key: event.data.key,
          hash: event.data.hash,
          scopes: event.data.scopes,
        };
      case 'formbus.access.keyScopesChanged.v1':
        if (state.state === 'none') throw new Error('changed the scopes of a key that was not created');
        return { ...state, scopes: event.data.scopes };
      case 'formbus.access.keyRevoked.v1':
        if (state.state === 'none') throw new Error('revoked a key that was not created');
        return { ...state, state: 'revoked' };
    }
  },
};

function areSame(one: readonly Scope[], other: readonly Scope[]): boolean {
  const known = new Set(one);
  return known.size === new Set(other).size && other.every((scope) => known.has(scope));
}
