import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { deleteDurable, durablesOf } from '#eventing/durable';
import { acquireLease, type Lease } from '#eventing/lease';
import { EVENTS_STREAM, TASK_EVENTS_STREAM } from '#eventing/streams';
import type { WebhookDirectory } from '../webhook/webhook.directory.ts';
import type { WebhookRecord } from '../webhook/webhook.fold.ts';
import { DURABLE_PREFIX, durableOf, EndpointDelivery, type EndpointDependencies } from './endpoint.ts';
import { RETRY_STREAM } from './retries.ts';

export interface DelivererOptions extends EndpointDependencies {
  readonly directory: WebhookDirectory;
}

const LEASE_MS = 6_000;
const RETRY_MS = 1_000;
/** Endpoints that are started at the same time. */
const STARTERS = 16;
const STREAMS = [EVENTS_STREAM, TASK_EVENTS_STREAM, RETRY_STREAM];

/**
 * Delivers to all endpoints. Of all processes that run it one holds the lease and delivers; the others stand by, and
 * go on from where the durable consumers stand.
 */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #active = false;

  constructor(options: DelivererOptions) {
    this.#options = options;
  }

  /** Whether this process delivers, or stands by. */
  get active(): boolean {
    return this.#active;
  }

  /** Begins in the background: the lease is not waited for. */
  start(): void {
    this.#running = this.#run();
  }

  /** Ends with what is under way delivered or given back, and the lease released, so that a stand-by goes on at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { bus, logger } = this.#options;
    while (!signal.aborted) {
      try {
        const lease = await acquireLease(bus, 'webhooks', { ttlMs: LEASE_MS, signal });
        await this.#hold(lease).finally(() => lease.release());
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error }, 'webhooks cannot be delivered here; trying again');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined); // ended by the stop
      }
    }
  }

  async #hold(lease: Lease): Promise<void> {
    const over = AbortSignal.any([this.#stopping.signal, lease.lost]);
    const shift = new Shift(this.#options, over);
    this.#options.logger.info({ lease: lease.token }, 'this process delivers webhooks');
    this.#active = true;
    try {
      await shift.work();
    } finally {
      this.#active = false;
    }
  }
}

/** The time in which one process delivers: keeps the endpoints that are started like the directory. */
class Shift {
  readonly #options: DelivererOptions;
  readonly #over: AbortSignal;
  readonly #endpoints = new Map<string, EndpointDelivery>();
  readonly #dirty = new Set<string>();
  readonly #settling = new Map<string, Promise<void>>();

  constructor(options: DelivererOptions, over: AbortSignal) {
    this.#options = options;
    this.#over = over;
  }

  /** Resolves when the time is over and everything is stopped. */
  async work(): Promise<void> {
    const { directory } = this.#options;
    const stopListening = directory.onChange((id) => this.#changed(id));
    try {
      for (const { id } of directory.all()) this.#changed(id);
      for (const id of await this.#leftBehind()) this.#changed(id);
      await aborted(this.#over);
    } finally {
      stopListening();
      await Promise.all(this.#settling.values());
      await Promise.all(Array.from(this.#endpoints.values(), (endpoint) => endpoint.stop()));
    }
  }

  /** Endpoints that have consumers: one that was deleted while nobody delivered is still to be cleared away. */
  async #leftBehind(): Promise<Set<string>> {
    const names = await Promise.all(
      STREAMS.map((stream) => durablesOf(this.#options.bus, stream, DURABLE_PREFIX)),
    );
    return new Set(names.flat().map((name) => name.slice(DURABLE_PREFIX.length)));
  }

  #changed(id: string): void {
    this.#dirty.add(id);
    this.#settleNext();
  }

  /** One endpoint is brought to its record by one at a time, and few at the same time. */
  #settleNext(): void {
    for (const id of this.#dirty) {
      if (this.#over.aborted || this.#settling.size >= STARTERS) return;
      if (this.#settling.has(id)) continue;
      this.#dirty.delete(id);
      const settling = this.#settle(id)
        .catch(async (error: unknown) => {
          this.#options.logger.warn(
            { err: error, webhook: id },
            'a webhook is not as it should be; trying again',
          );
          this.#dirty.add(id);
          await delay(RETRY_MS, undefined, { signal: this.#over }).catch(() => undefined); // ended by the stop
        })
        .finally(() => {
          this.#settling.delete(id);
          this.#settleNext();
        });
      this.#settling.set(id, settling);
    }
  }

  async #settle(id: string): Promise<void> {
    const record = this.#options.directory.find(id);
    const running = this.#endpoints.get(id);
    if (record?.enabled === true && running !== undefined && isAlike(running.record, record))
      return running.update(record);
    if (running !== undefined) {
      this.#endpoints.delete(id);
      await running.stop();
    }
    if (record === undefined) return this.#clearAway(id);
    if (!record.enabled) return;
    const endpoint = new EndpointDelivery(record, this.#options);
    try {
      await endpoint.start();
    } catch (error) {
      await endpoint.stop();
      throw error;
    }
    this.#endpoints.set(id, endpoint);
  }

  /** The consumers go last: while there is one, it is known that something is left. */
  async #clearAway(id: string): Promise<void> {
    const { bus, retries } = this.#options;
    await retries.purge(id);
    for (const stream of STREAMS) await deleteDurable(bus, stream, durableOf(id));
  }
}

/** Whether the same consumers serve both. */
function isAlike({ settings: a }: WebhookRecord, { settings: b }: WebhookRecord): boolean {
  return a.form === b.form && a.ordered === b.ordered && isDeepStrictEqual(a.types, b.types);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
