import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionOptions, Msg, MsgHdrs, NatsConnection, TlsOptions } from '@nats-io/nats-core';
import { errors, PermissionViolationError } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { bareAddresses } from './bare-addresses.ts';
import { BusError } from './bus-error.ts';
import { Inbox } from './inbox.ts';

/** Older servers ignore headers that they don't know, an atomic batch among them, without a word. */
export const SERVER_FLOOR = '2.15.0';

export interface BusOptions {
  /** `nats://host:port`, several separated by commas. */
  servers: string;
  /** Shown in the server's list of connections. */
  name: string;
  logger: Logger;
  user?: string;
  password?: string;
  token?: string;
  tls?: TlsOptions;
  /** Ends the wait for the first connection. */
  signal?: AbortSignal;
}

export interface Bus {
  readonly nc: NatsConnection;
  /** False from a broken connection to the next good one: appends and requests fail at once. */
  readonly connected: boolean;
  readonly logger: Logger;
  /** Bytes of headers and payload that the server takes in one message. */
  readonly maxPayload: number;
  readonly inbox: Inbox;
  /** One request, one reply; rejects with {@link BusError} (a `bus_unavailable`), at once when not connected. */
  request(
    subject: string,
    payload: Uint8Array,
    options: { headers?: MsgHdrs; timeoutMs: number },
  ): Promise<Msg>;
  /** Core NATS, fire and forget, as JSON. Lost when nobody listens or the connection is down. */
  notify(subject: string, value: unknown): void;
  /** Calls the handler with every notice on a subject (wildcards allowed); the result ends that. */
  onNotice(subject: string, handler: (value: unknown, subject: string) => void): () => void;
  /** Resolves when connected, at once if it is. Rejects when the signal aborts or the bus is closed. */
  whenConnected(signal?: AbortSignal): Promise<void>;
  /** Calls the handler whenever the connection breaks or is closed; the result ends that. */
  onDisconnect(handler: () => void): () => void;
  /** Delivers what is under way, then closes. Bounded: a server that is away is not waited for. */
  close(): Promise<void>;
}

const CLOSE_TIMEOUT_MS = 3000;
const RETRY_MS = 250;

/** Waits for a server until `signal` aborts; refuses one that is too old or whose credentials are wrong. */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const nc = await firstConnection(options);
  const refusal = versionRefusal(nc);
  if (refusal !== undefined) {
    await nc.close();
    throw new Error(refusal);
  }
  return new NatsBus(nc, options.logger);
}

async function firstConnection({
  servers,
  name,
  logger,
  user,
  password,
  token,
  tls,
  signal,
}: BusOptions): Promise<NatsConnection> {
  const connection: ConnectionOptions = {
    servers: servers.split(',').map((server) => server.trim()),
    name,
    ...(user === undefined ? {} : { user, ...(password === undefined ? {} : { pass: password }) }),
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined ? {} : { tls }),
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    reconnectJitter: 100,
    // A dead peer is noticed within 10 s: with the default of two minutes, commands would time out one by one.
    pingInterval: 5000,
    maxPingOut: 2,
    timeout: 5000,
    noAsyncTraces: true,
  };
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await connect(connection);
    } catch (error) {
      if (error instanceof errors.AuthorizationError) throw error;
      if (attempt % 20 === 0)
        logger.warn({ err: error, servers: bareAddresses(servers) }, 'waiting for nats-server');
    }
    await delay(RETRY_MS, undefined, signal === undefined ? {} : { signal });
  }
}

function versionRefusal(nc: NatsConnection): string | undefined {
  const version = nc.info?.version ?? '0.0.0';
  return isBelow(version, SERVER_FLOOR)
    ? `nats-server ${version} is too old: Formbus needs ${SERVER_FLOOR} or newer, since older servers ignore atomic batches silently`
    : undefined;
}

/** Compares `major.minor.patch`; a pre-release counts as its release. */
export function isBelow(version: string, floor: string): boolean {
  const parts = (text: string): number[] =>
    text.split(/[.+-]/, 3).map((part) => Number.parseInt(part, 10) || 0);
  const [have, want] = [parts(version), parts(floor)];
  const at = want.findIndex((part, index) => part !== (have[index] ?? 0));
  return at >= 0 && (have[at] ?? 0) < (want[at] ?? 0);
}

class NatsBus implements Bus {
  readonly nc: NatsConnection;
  readonly logger: Logger;
  readonly inbox: Inbox;
  connected = true;
  #waiters: (() => void)[] = [];
  readonly #onDisconnect = new Set<() => void>();

  constructor(nc: NatsConnection, logger: Logger) {
    this.nc = nc;
    this.logger = logger;
    this.inbox = new Inbox(nc);
    void this.#watch().catch((error: unknown) =>
      logger.error({ err: error }, 'lost sight of the connection'),
    );
  }

  get maxPayload(): number {
    return this.nc.info?.max_payload ?? 1024 * 1024;
  }

  request(
    subject: string,
    payload: Uint8Array,
    options: { headers?: MsgHdrs; timeoutMs: number },
  ): Promise<Msg> {
    if (!this.connected) return Promise.reject(new BusError('disconnected', subject));
    return this.inbox.request(subject, payload, options);
  }

  notify(subject: string, value: unknown): void {
    if (this.connected) this.nc.publish(subject, JSON.stringify(value));
  }

  onNotice(subject: string, handler: (value: unknown, subject: string) => void): () => void {
    const subscription = this.nc.subscribe(subject, {
      callback: (error, msg) => {
        if (error !== null) return this.logger.error({ err: error, subject }, 'notices cannot be received');
        try {
          handler(msg.json(), msg.subject);
        } catch (cause) {
          this.logger.error({ err: cause, subject: msg.subject }, 'a notice was not handled');
        }
      },
    });
    return () => subscription.unsubscribe();
  }

  whenConnected(signal?: AbortSignal): Promise<void> {
    if (this.connected) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = (): void => {
        signal?.removeEventListener('abort', done);
        this.#waiters = this.#waiters.filter((waiter) => waiter !== done);
        if (this.connected) resolve();
        else
          reject(
            new BusError(this.nc.isClosed() ? 'closed' : 'disconnected', '(connection)', signal?.reason),
          );
      };
      if (signal?.aborted === true || this.nc.isClosed()) return done();
      signal?.addEventListener('abort', done, { once: true });
      this.#waiters.push(done);
    });
  }

  onDisconnect(handler: () => void): () => void {
    this.#onDisconnect.add(handler);
    return () => this.#onDisconnect.delete(handler);
  }

  async close(): Promise<void> {
    if (this.nc.isClosed()) return;
    const late = new AbortController();
    await Promise.race([
      this.connected ? this.nc.drain() : this.nc.close(),
      delay(CLOSE_TIMEOUT_MS, undefined, { signal: late.signal }).then(() => this.nc.close()),
    ]).finally(() => late.abort());
  }

  async #watch(): Promise<void> {
    for await (const status of this.nc.status()) {
      switch (status.type) {
        case 'disconnect':
          this.logger.warn({ server: status.server }, 'disconnected from nats-server');
          this.#disconnected('disconnected');
          break;
        case 'reconnect':
          this.#reconnected(status.server);
          break;
        case 'error':
          this.logger.error({ err: status.error }, 'nats-server reports an error');
          if (status.error instanceof PermissionViolationError && status.error.operation === 'publish') {
            this.inbox.failAll('forbidden', status.error, status.error.subject);
          }
          break;
        default:
          break;
      }
    }
    this.#disconnected('closed');
    for (const wake of this.#waiters) wake();
  }

  #disconnected(failure: 'disconnected' | 'closed'): void {
    this.connected = false;
    this.inbox.failAll(failure);
    for (const handler of this.#onDisconnect) handler();
  }

  #reconnected(server: string): void {
    const refusal = versionRefusal(this.nc);
    if (refusal !== undefined) return this.logger.error({ server }, refusal);
    this.connected = true;
    this.logger.info({ server }, 'connected to nats-server again');
    for (const wake of this.#waiters) wake();
  }
}
