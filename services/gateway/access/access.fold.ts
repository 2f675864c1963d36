import { keyCreatedV1, keyRevokedV1, keyScopesChangedV1 } from '#contracts/access/access.events';
import type { Scope } from '#contracts/access/scopes';
import { eventType } from '#contracts/event';
import { workspaceCreatedV1 } from '#contracts/workspace/workspace.events';
import type { StoredEvent } from '#eventing/stored-event';
import type { KeyEvent } from './key.decider.ts';
import type { WorkspaceEvent } from '../workspace/workspace.decider.ts';

/** An API key as the gateway knows it: everything but the key. */
export interface KeyRecord {
  readonly id: string;
  readonly workspace: string;
  readonly name: string;
  readonly hash: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly expiresAt: string | null;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly revokedAt: string | null;
  /** Of the aggregate; the ETag. */
  readonly version: number;
}

export interface WorkspaceRecord {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
}

export type AccessEvent = StoredEvent & (KeyEvent | WorkspaceEvent);

/** What the directory knows after a prefix of the log. */
export interface Directory {
  readonly keys: Map<string, KeyRecord>;
  readonly workspaces: Map<string, WorkspaceRecord>;
}

/** Folds one event into the directory, in place: it is read on every request, so it is not copied. */
export function foldAccess({ keys, workspaces }: Directory, event: AccessEvent): void {
  switch (event.type) {
    case 'formbus.workspace.created.v1':
      workspaces.set(event.workspace, { id: event.workspace, name: event.data.name, createdAt: event.time });
      return;
    case 'formbus.access.keyCreated.v1': {
      const { key, name, hash, scopes, expiresAt } = event.data;
      // The id may follow from what a caller sent: the key that had it first stays, so nobody can take another's away.
      if (keys.has(key)) return;
      keys.set(key, {
        id: key,
        workspace: event.workspace,
        name,
        hash,
        scopes: new Set(scopes),
        expiresAt,
        createdAt: event.time,
        createdBy: event.actor,
        revokedAt: null,
        version: event.version,
      });
      return;
    }
    case 'formbus.access.keyScopesChanged.v1':
      change(keys, event, { scopes: new Set(event.data.scopes) });
      return;
    case 'formbus.access.keyRevoked.v1':
      change(keys, event, { revokedAt: event.time });
  }
}

/** Of a key that another workspace had first nothing is changed. */
function change(
  keys: Directory['keys'],
  { data, workspace, version }: Pick<StoredEvent, 'workspace' | 'version'> & { data: { key: string } },
  changed: Partial<KeyRecord>,
): void {
  const known = keys.get(data.key);
  if (known?.workspace === workspace) keys.set(known.id, { ...known, ...changed, version });
}

/** The events that the directory folds. */
export const DIRECTORY_TYPES = [workspaceCreatedV1, keyCreatedV1, keyScopesChangedV1, keyRevokedV1].map(
  (one) => eventType(one),
);
