import { isDeepStrictEqual } from 'node:util';
import { deleteDurable, durablesOf } from '#eventing/durable';
import { whileLeased, type Lease } from '#eventing/lease';
import { EVENTS_STREAM, TASK_EVENTS_STREAM } from '#eventing/streams';
import { whenAborted } from '#eventing/when-aborted';
import { pause } from '#eventing/pause';
import type { WebhookDirectory } from '../webhook/webhook.directory.ts';
import type { WebhookRecord } from '../webhook/webhook.fold.ts';
import { wasDeleted } from './deletion.ts';
import { DURABLE_PREFIX, durableOf, EndpointDelivery, type EndpointDependencies } from './endpoint.ts';
import { RETRY_STREAM } from './retries.ts';

export interface DelivererOptions extends EndpointDependencies {
  readonly directory: Pick<WebhookDirectory, 'all' | 'find' | 'onChange' | 'refresh' | 'complete'>;
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

  #run(): Promise<void> {
    const { bus, logger } = this.#options;
    return whileLeased(bus, 'webhooks', {
      ttlMs: LEASE_MS,
      signal: this.#stopping.signal,
      hold: (lease) => this.#hold(lease),
      onTrouble: (error) => logger.warn({ err: error }, 'webhooks cannot be delivered here; trying again'),
    });
  }

  async #hold(lease: Lease): Promise<void> {
    const over = AbortSignal.any([this.#stopping.signal, lease.lost]);
    const shift = new Shift(this.#options, over, lease.lost);
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
  readonly #lost: AbortSignal;
  readonly #endpoints = new Map<string, EndpointDelivery>();
  readonly #dirty = new Set<string>();
  readonly #settling = new Map<string, Promise<void>>();

  /** `over` ends it in good order; `lost` tells that another process delivers already. */
  constructor(options: DelivererOptions, over: AbortSignal, lost: AbortSignal) {
    this.#options = options;
    this.#over = over;
    this.#lost = lost;
  }

  /** Resolves when the time is over and everything is stopped. */
  async work(): Promise<void> {
    const { directory } = this.#options;
    const stopListening = directory.onChange((id) => this.#changed(id));
    try {
      for (const { id } of directory.all()) this.#changed(id);
      for (const id of await this.#leftBehind()) this.#changed(id);
      await whenAborted(this.#over);
    } finally {
      stopListening();
      // Those that were started have requests under way: they don't wait for those that are only being started.
      await this.#stopAll();
      await Promise.all(this.#settling.values());
      await this.#stopAll();
    }
  }

  async #stopAll(): Promise<void> {
    const endpoints = [...this.#endpoints.values()];
    this.#endpoints.clear();
    await Promise.all(endpoints.map((endpoint) => endpoint.stop()));
  }

  /** Endpoints that have consumers and are not there: one that was deleted while nobody delivered is still to be cleared away. */
  async #leftBehind(): Promise<Set<string>> {
    const names = await Promise.all(
      STREAMS.map((stream) => durablesOf(this.#options.bus, stream, DURABLE_PREFIX)),
    );
    // Behind the names: an endpoint that has consumers is known, or was deleted.
    const { directory } = this.#options;
    await directory.refresh();
    const ids = names.flat().map((name) => name.slice(DURABLE_PREFIX.length));
    return new Set(ids.filter((id) => directory.find(id) === undefined));
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
          await pause(RETRY_MS, this.#over);
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
    const endpoint = new EndpointDelivery(record, this.#options, this.#lost);
    try {
      await endpoint.start();
    } catch (error) {
      await endpoint.stop();
      throw error;
    }
    this.#endpoints.set(id, endpoint);
  }

  /**
   * The consumers go last: while there is one, it is known that something is left. Memory that lags would take along what
   * nothing brings back, so the log is asked as well.
   */
  async #clearAway(id: string): Promise<void> {
    const { bus, retries, directory, logger } = this.#options;
    if (!directory.complete) throw new Error('not all webhooks are known');
    if (!(await wasDeleted(bus, id))) {
      logger.error({ webhook: id }, 'a webhook is not known here, and was not deleted: its place is kept');
      return;
    }
    this.#lost.throwIfAborted();
    await retries.purge(id);
    for (const stream of STREAMS) await deleteDurable(bus, stream, durableOf(id));
  }
}

/** Whether the same consumers serve both, and what is known of how the endpoint does holds for both. */
function isAlike({ settings: a }: WebhookRecord, { settings: b }: WebhookRecord): boolean {
  return (
    a.url === b.url && a.form === b.form && a.ordered === b.ordered && isDeepStrictEqual(a.types, b.types)
  );
}
