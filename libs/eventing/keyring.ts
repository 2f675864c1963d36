import { LRUCache } from 'lru-cache';
import { subjects } from '#contracts/subjects';
import type { Bus } from './bus.ts';
import { DataKey, KEY_BYTES, SealBroken } from './data-key.ts';
import { directLast, leaderGet } from './direct-get.ts';
import { isStale, landed, store } from './jetstream-api.ts';
import {
  readKeyMessage,
  unwrapKey,
  wrapKey,
  wrappingKey,
  type KeyMessage,
  type WrappingKey,
} from './key-message.ts';
import { EVENTS_STREAM } from './streams.ts';

export type KeyOrErased = DataKey | 'erased';

/** Where the codec takes data keys from: the custodian of them, or a service that asks it. */
export interface KeySource {
  /**
   * The data key of an aggregate whose events exist; `erased` once the stream's leader has confirmed that it is gone.
   * At once when it is at hand.
   */
  dataKey(workspace: string, owner: string): KeyOrErased | Promise<KeyOrErased>;
  /** Takes in a message of `key.>` that an ordered reader met. */
  observe(subject: string, payload: Uint8Array): void;
}

export interface KeyringOptions {
  readonly bus: Bus;
  /** 32 bytes. */
  readonly masterKey: Uint8Array;
  /** Data keys kept in memory, 50,000 by default. */
  readonly capacity?: number;
  /** How long one is kept, 60 s by default: so long may a process still read what another one has erased. */
  readonly ttlMs?: number;
}

const WORKSPACE_OWNER = '_workspace';

/** Where the data key of a workspace's own secrets lies, among those of its aggregates. */
const CUSTODY_OWNER = '_custody';

/** Custody of keys: the master key wraps a key per workspace, that one a data key per aggregate. */
export class Keyring implements KeySource {
  readonly #bus: Bus;
  readonly #master: WrappingKey;
  readonly #workspaces = new Map<string, WrappingKey>();
  readonly #opening = new Map<string, Promise<WrappingKey>>();
  /** By subject: a key, a message with one that nobody needed yet, or the fact that it is gone. */
  readonly #cache: LRUCache<string, DataKey | Buffer | 'erased'>;
  readonly #loading = new Map<string, Promise<KeyOrErased>>();

  constructor({ bus, masterKey, capacity = 50_000, ttlMs = 60_000 }: KeyringOptions) {
    if (masterKey.length !== KEY_BYTES)
      throw new RangeError(`the master key has ${masterKey.length} bytes, not ${KEY_BYTES}`);
    this.#bus = bus;
    this.#master = wrappingKey(masterKey);
    this.#cache = new LRUCache({ max: capacity, ttl: ttlMs, ttlResolution: 1000 });
  }

  /** Whether {@link create} works for a workspace without waiting. */
  isOpen(workspace: string): boolean {
    return this.#workspaces.has(workspace);
  }

  /** Loads a workspace's key, or creates it: the first of several writers wins, the others take its key. */
  async open(workspace: string): Promise<void> {
    if (!this.isOpen(workspace))
      await this.#once(this.#opening, workspace, () => this.#openWorkspace(workspace, true));
  }

  /** Draws the data key of a new aggregate of an open workspace, and the message that must go beside its first event. */
  create(workspace: string, owner: string): { key: DataKey; subject: string; payload: Buffer } {
    const by = this.#workspaces.get(workspace);
    if (by === undefined) throw new Error(`the key of workspace ${workspace} is not open`);
    const subject = subjects.dataKey(workspace, owner);
    const key = new DataKey();
    return { key, subject, payload: wrapKey(by, key.bytes, subject) };
  }

  /** Takes a key that {@link create} drew, once it lies in the log. */
  remember(workspace: string, owner: string, key: DataKey): void {
    this.#cache.set(subjects.dataKey(workspace, owner), key);
  }

  /** Drops a data key from memory, when its erasure is seen. */
  forget(workspace: string, owner: string): void {
    this.#cache.delete(subjects.dataKey(workspace, owner));
  }

  /**
   * The data key of what a workspace keeps secret and no aggregate owns; undefined while it has none. It is no derivative
   * of the workspace's key, since what it seals lies in the log for ever and must outlive a rotation of that one.
   */
  async custodyKey(workspace: string): Promise<DataKey | undefined> {
    const key = await this.dataKey(workspace, CUSTODY_OWNER);
    if (key !== 'erased') return key;
    this.forget(workspace, CUSTODY_OWNER); // it was not erased, it may come yet
    return undefined;
  }

  /** As {@link custodyKey}, and creates it: the first of several writers wins, the others take its key. */
  async ensureCustodyKey(workspace: string): Promise<DataKey> {
    await this.open(workspace);
    for (;;) {
      const key = await this.custodyKey(workspace);
      if (key !== undefined) return key;
      const { subject, payload } = this.create(workspace, CUSTODY_OWNER);
      await this.#storeFirst(subject, payload);
    }
  }

  observe(subject: string, payload: Uint8Array): void {
    if (subject.endsWith(`.${WORKSPACE_OWNER}`)) return;
    // A copy: the payload itself would keep the whole chunk in memory that it was received in.
    if (!(this.#cache.get(subject) instanceof DataKey)) this.#cache.set(subject, Buffer.from(payload));
  }

  dataKey(workspace: string, owner: string): KeyOrErased | Promise<KeyOrErased> {
    const subject = subjects.dataKey(workspace, owner);
    const cached = this.#cache.get(subject);
    if (cached === 'erased' || cached instanceof DataKey) return cached;
    const seen = cached === undefined ? undefined : readKeyMessage(cached, subject);
    const by = this.#workspaces.get(workspace);
    if (seen !== undefined && by?.id === seen.kek) return this.#unwrap(by, seen, subject);
    return this.#once(this.#loading, subject, () => this.#load(workspace, subject, seen));
  }

  async #load(workspace: string, subject: string, seen: KeyMessage | undefined): Promise<KeyOrErased> {
    const message = seen ?? (await this.#find(subject));
    if (message === undefined) {
      this.#cache.set(subject, 'erased');
      return 'erased';
    }
    let by = this.#workspaces.get(workspace);
    // A rotation gives the workspace another key than the one at hand.
    if (by?.id !== message.kek)
      by = await this.#once(this.#opening, workspace, () => this.#openWorkspace(workspace, false));
    return this.#unwrap(by, message, subject);
  }

  /** A replica that lags may miss a key that exists; only the leader may say that it is gone. */
  async #find(subject: string): Promise<KeyMessage | undefined> {
    const found =
      (await directLast(this.#bus, EVENTS_STREAM, subject)) ??
      (await leaderGet(this.#bus, EVENTS_STREAM, { last_by_subj: subject }));
    return found === undefined ? undefined : readKeyMessage(found.payload, subject);
  }

  #unwrap(by: WrappingKey, message: KeyMessage, subject: string): DataKey {
    const key = new DataKey(unwrapKey(by, message, subject));
    this.#cache.set(subject, key);
    return key;
  }

  async #openWorkspace(workspace: string, create: boolean): Promise<WrappingKey> {
    const subject = subjects.workspaceKey(workspace);
    for (;;) {
      const found = await leaderGet(this.#bus, EVENTS_STREAM, { last_by_subj: subject });
      if (found !== undefined) {
        const key = wrappingKey(this.#unwrapByMaster(readKeyMessage(found.payload, subject), subject));
        this.#workspaces.set(workspace, key);
        return key;
      }
      if (!create)
        throw new Error(`the key of workspace ${workspace} is not in the log, though it wraps others`);
      await this.#createWorkspaceKey(subject);
    }
  }

  #unwrapByMaster(message: KeyMessage, subject: string): Buffer {
    try {
      return unwrapKey(this.#master, message, subject);
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      const detail = `it was wrapped by master key ${message.kek}, the one at hand is ${this.#master.id}`;
      throw new Error(`the workspace key on ${subject} cannot be unwrapped: ${detail}`, { cause: error });
    }
  }

  async #createWorkspaceKey(subject: string): Promise<void> {
    await this.#storeFirst(subject, wrapKey(this.#master, new DataKey().bytes, subject));
  }

  /** Whoever reloads afterwards sees what came of it, so a lost race and an unknown outcome need no more care. */
  async #storeFirst(subject: string, payload: Buffer): Promise<void> {
    const headers = 'Nats-Expected-Last-Subject-Sequence: 0\r\n';
    await store(this.#bus, subject, { headers, payload }).catch(async (error: unknown) => {
      if (!isStale(error)) throw error;
      await landed(error);
    });
  }

  #once<T>(running: Map<string, Promise<T>>, name: string, start: () => Promise<T>): Promise<T> {
    const known = running.get(name);
    if (known !== undefined) return known;
    const promise = start().finally(() => running.delete(name));
    running.set(name, promise);
    return promise;
  }
}
