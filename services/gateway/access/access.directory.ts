import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { keyCreatedV1, keyRevokedV1 } from '#contracts/access/access.events';
import type { Scope } from '#contracts/access/scopes';
import { eventType } from '#contracts/event';
import { families } from '#contracts/subjects';
import { workspaceCreatedV1 } from '#contracts/workspace/workspace.events';
import type { EventLog } from '#eventing/event-log';
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

type AccessEvent = StoredEvent & (KeyEvent | WorkspaceEvent);

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
    case 'formbus.access.keyRevoked.v1': {
      const known = keys.get(event.data.key);
      if (known) keys.set(known.id, { ...known, revokedAt: event.time, version: event.version });
    }
  }
}

/** The events that it folds. */
export const DIRECTORY_TYPES = [workspaceCreatedV1, keyCreatedV1, keyRevokedV1].map((one) => eventType(one));

const FILTERS = [families.workspace, families.access];
const RETRY_MS = 1_000;

/**
 * Keys and workspaces, folded into memory from the log: authenticating a request asks nobody. A change made by
 * any gateway process is known in the others within milliseconds.
 */
export class AccessDirectory {
  readonly #log: EventLog;
  readonly #logger: Logger;
  readonly #directory: Directory = { keys: new Map(), workspaces: new Map() };
  readonly #stopping = new AbortController();
  #seq = 0;
  #following: Promise<void> | undefined;
  #progress = Promise.withResolvers<void>();
  #refreshing: Promise<void> | undefined;
  #complete = false;

  constructor(log: EventLog, logger: Logger) {
    this.#log = log;
    this.#logger = logger;
  }

  /** Whether all that was in the log at start has been folded; requests are refused before. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Resolves when everything that is in the log now has been folded. */
  async start(): Promise<void> {
    this.#following = this.#follow();
    await this.refresh();
    this.#complete = true;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#following;
  }

  key(id: string): KeyRecord | undefined {
    return this.#directory.keys.get(id);
  }

  workspace(id: string): WorkspaceRecord | undefined {
    return this.#directory.workspaces.get(id);
  }

  /** The keys of a workspace, the newest first. */
  keysOf(workspace: string): KeyRecord[] {
    return [...this.#directory.keys.values()]
      .filter((key) => key.workspace === workspace)
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id));
  }

  /**
   * Catches up with the log as it is now: asked for before a key is called unknown, since another process may just
   * have created it. Callers at the same time share one round, so a flood of bad keys costs one request at a time.
   */
  async refresh(): Promise<void> {
    this.#refreshing ??= this.#catchUp().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #catchUp(): Promise<void> {
    const target = await this.#log.lastSeq();
    for (;;) {
      // Taken before the log is asked: a batch that arrives meanwhile is not missed.
      const progress = this.#progress.promise;
      if (this.#seq >= target || !(await this.#log.hasPending(FILTERS, this.#seq, target))) return;
      await progress;
    }
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        for await (const batch of this.#log.follow({ filters: FILTERS, after: this.#seq, signal })) {
          for (const event of batch.events) foldAccess(this.#directory, event as AccessEvent);
          this.#seq = Math.max(this.#seq, batch.lastSeq);
          this.#complete ||= batch.pending === 0;
          this.#advance();
        }
      } catch (error) {
        this.#complete = false;
        this.#logger.error(
          { err: error, seq: this.#seq },
          'the access directory cannot read the log; it tries again',
        );
        await setTimeout(RETRY_MS);
      }
    }
  }

  #advance(): void {
    const { resolve } = this.#progress;
    this.#progress = Promise.withResolvers();
    resolve();
  }
}
