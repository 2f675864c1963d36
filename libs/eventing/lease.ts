import { randomUUID } from 'node:crypto';
import { BusError } from './bus-error.ts';
import type { Bus } from './bus.ts';
import { leaderGet } from './direct-get.ts';
import { ApiError, isStale, jetStream, landed, store } from './jetstream-api.ts';
import { hasDied, thisProcess, type HolderProcess } from './lease-holder.ts';
import { metrics } from './metrics.ts';
import { LEASE_BUCKET } from './streams.ts';
import { pause } from './pause.ts';

export interface LeaseOptions {
  /** Whole seconds, at least 1,000: after so long without a renewal somebody else gets the lease. */
  readonly ttlMs: number;
  /** Ends the wait; the promise then rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** A role that one process holds at a time. */
export interface Lease {
  readonly name: string;
  /**
   * Fencing token: every later holder's is greater. A writer that was suspended for longer than the lease cannot
   * know it; whoever stores its writes refuses a token below the greatest that it has seen.
   */
  readonly token: number;
  /** Aborts as soon as the lease is or may be somebody else's. */
  readonly lost: AbortSignal;
  /** Gives it to whoever waits, at once. */
  release(): Promise<void>;
}

const STREAM = `KV_${LEASE_BUCKET}`;
const TIMEOUT_MS = 2000;
const AGAIN_MS = 1000;

/**
 * Waits until the lease is held, and renews it from then on, three times in its life. That of a process of this
 * machine that has died is taken over at once, where the machine tells (see lease-holder.ts); any other expires.
 */
export async function acquireLease(bus: Bus, name: string, options: LeaseOptions): Promise<Lease> {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) throw new RangeError(`not a lease's name: ${name}`);
  const { ttlMs, signal } = options;
  const self = await thisProcess();
  const claim: Claim = { name, ttlMs, content: { id: randomUUID(), ...(self && { holder: self }) } };
  const released = new EventTarget();
  const stopListening = bus.onNotice(releaseSubject(name), () =>
    released.dispatchEvent(new Event('released')),
  );
  try {
    for (;;) {
      signal.throwIfAborted();
      const asked = performance.now();
      const token = await claimOnce(bus, claim).catch((error: unknown) => {
        // The server is away or busy, or somebody else holds it.
        if (error instanceof BusError || isStale(error)) return undefined;
        if (error instanceof ApiError && error.status >= 500) return undefined;
        throw error;
      });
      if (token !== undefined) return new HeldLease(bus, claim, token, asked);
      await nextTry(released, ttlMs / 4, signal);
    }
  } finally {
    stopListening();
  }
}

/**
 * Takes a role whenever it is to be had, until the signal aborts: `hold` is given each lease and returns when it is lost
 * or no longer wanted; then it is released. What goes wrong is told, and a second later it begins anew. Never rejects.
 */
export async function whileLeased(
  bus: Bus,
  name: string,
  {
    hold,
    onTrouble,
    ...options
  }: LeaseOptions & { hold: (lease: Lease) => Promise<void>; onTrouble: (error: unknown) => void },
): Promise<void> {
  const { signal } = options;
  while (!signal.aborted) {
    try {
      const lease = await acquireLease(bus, name, options);
      await hold(lease).finally(() => lease.release());
    } catch (error) {
      if (signal.aborted) return;
      onTrouble(error);
      await pause(AGAIN_MS, signal);
    }
  }
}

/** Writes the lease where nobody holds it, or over that of a process that is known to have died. */
async function claimOnce(bus: Bus, claim: Claim): Promise<number> {
  try {
    return await put(bus, claim, 0);
  } catch (error) {
    if (!isStale(error)) throw error;
    const self = claim.content.holder;
    const found = await read(bus, claim.name);
    if (self === undefined || found?.content.holder === undefined) throw error;
    if (!(await hasDied(found.content.holder, self))) throw error;
    const token = await put(bus, claim, found.revision);
    bus.logger.info({ lease: claim.name, pid: found.content.holder.pid }, 'a dead process left this lease');
    return token;
  }
}

/** Ends early when the holder says that it let go. */
async function nextTry(released: EventTarget, pauseMs: number, signal: AbortSignal): Promise<void> {
  const early = new AbortController();
  const wake = (): void => early.abort();
  released.addEventListener('released', wake, { once: true });
  await pause(pauseMs, AbortSignal.any([early.signal, signal]));
  released.removeEventListener('released', wake);
}

const releaseSubject = (name: string): string => `sys.lease.${name}.released`;

interface Claim {
  readonly name: string;
  readonly ttlMs: number;
  readonly content: Content;
}

interface Content {
  /** Drawn for each claim, so that one's own is known again. */
  readonly id: string;
  readonly holder?: HolderProcess;
}

const subjectOf = (name: string): string => `$KV.${LEASE_BUCKET}.${name}`;

/** Writes the lease if `expect` is its revision (0: nobody holds it); gives the new revision. */
async function put(bus: Bus, { name, ttlMs, content }: Claim, expect: number): Promise<number> {
  const ttlSeconds = Math.max(1, Math.round(ttlMs / 1000));
  const headers = `Nats-Expected-Last-Subject-Sequence: ${expect}\r\nNats-TTL: ${ttlSeconds}s\r\n`;
  const payload = Buffer.from(JSON.stringify(content));
  const { seq } = await store(bus, subjectOf(name), { headers, payload, timeoutMs: TIMEOUT_MS });
  return seq;
}

/** What the lease's holder wrote last, if there is one. */
async function read(bus: Bus, name: string): Promise<{ revision: number; content: Content } | undefined> {
  const found = await leaderGet(bus, STREAM, { last_by_subj: subjectOf(name) });
  if (found === undefined) return undefined;
  const content = JSON.parse(Buffer.from(found.payload).toString('utf8')) as Content;
  return { revision: found.seq, content };
}

/** The revision of a claim that may have been written without an answer; undefined when another one stands there. */
async function revisionOf(bus: Bus, { name, content }: Claim): Promise<number | undefined> {
  const found = await read(bus, name);
  return found?.content.id === content.id ? found.revision : undefined;
}

class HeldLease implements Lease {
  readonly name: string;
  readonly token: number;
  readonly #bus: Bus;
  readonly #claim: Claim;
  readonly #over = new AbortController();
  #revision: number;
  #renewal: NodeJS.Timeout;
  #expiry: NodeJS.Timeout;

  /** `asked`: when the claim was sent; the server's clock for it started later. */
  constructor(bus: Bus, claim: Claim, token: number, asked: number) {
    this.#bus = bus;
    this.name = claim.name;
    this.token = token;
    this.#claim = claim;
    this.#revision = token;
    this.#expiry = this.#expiresFrom(asked);
    this.#renewal = this.#renewLater();
    metrics.leasesHeld.set({ lease: this.name }, 1);
  }

  get lost(): AbortSignal {
    return this.#over.signal;
  }

  async release(): Promise<void> {
    if (this.lost.aborted) return;
    this.#end();
    try {
      await jetStream(this.#bus, `STREAM.MSG.DELETE.${STREAM}`, { seq: this.#revision, no_erase: true });
      this.#bus.notify(releaseSubject(this.name), {});
    } catch (error) {
      this.#bus.logger.warn(
        { err: error, lease: this.name },
        'a lease could not be released and will expire',
      );
    }
  }

  /** A tenth of its life is left for clocks that run apart. */
  #expiresFrom(asked: number): NodeJS.Timeout {
    const left = asked + 0.9 * this.#claim.ttlMs - performance.now();
    return setTimeout(() => this.#lose('it was not renewed in time'), left);
  }

  #renewLater(): NodeJS.Timeout {
    return setTimeout(() => void this.#renew(), this.#claim.ttlMs / 3);
  }

  /** Never rejects. */
  async #renew(): Promise<void> {
    const asked = performance.now();
    try {
      const revision = await this.#extend();
      if (this.lost.aborted) return;
      if (revision === undefined) return this.#lose('it was taken over');
      this.#revision = revision;
      clearTimeout(this.#expiry);
      this.#expiry = this.#expiresFrom(asked);
    } catch (error) {
      if (this.lost.aborted) return;
      this.#bus.logger.warn({ err: error, lease: this.name }, 'a lease could not be renewed');
    }
    this.#renewal = this.#renewLater();
  }

  async #extend(): Promise<number | undefined> {
    try {
      return await put(this.#bus, this.#claim, this.#revision);
    } catch (error) {
      if (!isStale(error)) throw error;
      // The renewal before this one may have been written though its answer was lost, or be about to.
      await landed(error);
      const own = await revisionOf(this.#bus, this.#claim);
      return own === undefined ? undefined : await put(this.#bus, this.#claim, own);
    }
  }

  #lose(reason: string): void {
    if (this.lost.aborted) return;
    this.#bus.logger.warn({ lease: this.name, token: this.token, reason }, 'a lease was lost');
    this.#end();
  }

  #end(): void {
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
    metrics.leasesHeld.set({ lease: this.name }, 0);
    this.#over.abort();
  }
}
