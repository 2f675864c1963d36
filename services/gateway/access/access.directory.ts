import type { Logger } from 'pino';
import { families } from '#contracts/subjects';
import type { EventLog } from '#eventing/event-log';
import { FoldFollower } from '#eventing/fold-follower';
import {
  foldAccess,
  type AccessEvent,
  type Directory,
  type KeyRecord,
  type WorkspaceRecord,
} from './access.fold.ts';

/**
 * Keys and workspaces, folded into memory from the log: authenticating a request asks nobody. A change made by
 * any gateway process is known in the others within milliseconds. What cannot be folded is not passed over, since it
 * may revoke a key: requests are refused until it can.
 */
export class AccessDirectory {
  readonly #directory: Directory = { keys: new Map(), workspaces: new Map() };
  readonly #follower: FoldFollower;

  constructor(log: EventLog, logger: Logger) {
    this.#follower = new FoldFollower({
      log,
      logger,
      name: 'the API keys',
      filters: [families.workspace, families.access],
      fold: (event) => foldAccess(this.#directory, event as AccessEvent),
    });
  }

  /** Whether all that was in the log at start has been folded; requests are refused before. */
  get complete(): boolean {
    return this.#follower.complete;
  }

  /** Resolves when everything that is in the log now has been folded. */
  start(): Promise<void> {
    return this.#follower.start();
  }

  stop(): Promise<void> {
    return this.#follower.stop();
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
   * have created it.
   *
   * @throws Problem `service_unavailable` when the log can't be followed in time, and what reading it throws
   */
  refresh(): Promise<void> {
    return this.#follower.refresh();
  }
}
