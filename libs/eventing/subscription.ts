import { LRUCache } from 'lru-cache';
import type { Msg } from '@nats-io/nats-core';
import type { Bus } from './bus.ts';
import { eventName } from './catalog.ts';
import { park, type LetterOrigin } from './dead-letter.ts';
import { HeldMessage } from './delivery.ts';
import type { RawMessage } from './direct-get.ts';
import { DEFAULT_BACKOFF_MS, dispose, GivenUp, isPoison } from './disposition.ts';
import { ensureDurable, rewindDurable } from './durable.ts';
import { metrics } from './metrics.ts';
import { parseDelivery, Pull } from './pull.ts';
import { inProcessSpan } from './trace.ts';
import { pause } from './pause.ts';

export { Deferred, Permanent, Retryable } from './disposition.ts';

export interface Delivery {
  readonly seq: number;
  readonly subject: string;
  /** 1 at first; deferrals that this process saw are not counted. */
  readonly attempt: number;
  /** Aborts when the process stops and can't wait any longer. */
  readonly signal: AbortSignal;
}

export interface SubscriptionOptions<Message> {
  readonly bus: Bus;
  readonly stream: string;
  /** The consumer's name, shared by all processes that do this work. */
  readonly durable: string;
  readonly filters: readonly string[];
  /** Full event types that are handled, in any version; others are acknowledged unseen. All by default. */
  readonly types?: readonly string[];
  readonly decode: (message: RawMessage) => Message | Promise<Message>;
  /**
   * May be called more than once for one message, in any order: its effect must not care. Returns when the effect is
   * durable, or throws `Retryable` (as does every other error), `Permanent` or `Deferred`.
   */
  readonly handle: (message: Message, delivery: Delivery) => Promise<void>;
  /** Where the durable starts when it is new; `beginning` by default. */
  readonly from?: 'beginning' | 'now';
  /**
   * At the start, whatever nobody acknowledged comes again in order, and counts as never delivered. For one process at
   * a time: what another has in hand would come as well.
   */
  readonly rewind?: boolean;
  /** Messages handled at the same time by this process, 8 by default. No more are fetched than can be started. */
  readonly concurrency?: number;
  /** After so long without a sign of life a message is given to another process; 10 s by default. Slow handlers are kept alive. */
  readonly ackWaitMs?: number;
  /** Pauses before the second, third ... attempt; a message that failed after the last of them is parked. */
  readonly backoffMs?: readonly number[];
  /**
   * Deliveries beyond the attempts, for those that nobody answered: their process died, or the answer was lost. After
   * so many the message is taken to end its processes, and is parked.
   */
  readonly unanswered?: number;
  /**
   * What the dead letter of a message is about, where that is not the message itself: undefined when it is, after all.
   */
  readonly origin?: (message: RawMessage) => Promise<LetterOrigin | undefined>;
  /** Told of a message when its dead letter is stored, before it is given up; what it throws has both done again. */
  readonly parked?: (message: RawMessage, error: unknown) => Promise<void>;
  /**
   * Gives a message to others when this process stops, in the place of handing it back: one that is handed back has
   * another delivery on its account, and looks like one that its process died of.
   */
  readonly putBack?: (message: RawMessage) => Promise<void>;
  readonly maxAckPending?: number;
}

const RECONNECT_MS = 250;
/** How long a message waits that could not be parked. */
const PARK_RETRY_MS = 5_000;
const DRAIN_MS = 10_000;

/** Work on a stream through a durable consumer: the only place that acknowledges, retries and parks. */
export class Subscription<Message> {
  readonly #options: SubscriptionOptions<Message>;
  readonly #concurrency: number;
  readonly #ackWaitMs: number;
  readonly #backoffMs: readonly number[];
  readonly #names: ReadonlySet<string> | undefined;
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();
  readonly #active = new Map<HeldMessage, Promise<void>>();
  /** Those in hand, by their sequences. */
  readonly #inHand = new Map<number, HeldMessage>();
  readonly #deferrals = new LRUCache<number, number>({ max: 10_000 });
  /** Messages that are to be parked and could not be yet, with their errors. */
  readonly #unparked = new LRUCache<number, { error: unknown; stored: boolean }>({ max: 10_000 });
  /** Given to others, since this process stops. */
  readonly #released = new WeakSet<HeldMessage>();
  #pull: Pull | undefined;
  #running: Promise<void> | undefined;
  #drained: Promise<void> | undefined;

  constructor(options: SubscriptionOptions<Message>) {
    this.#options = options;
    this.#concurrency = options.concurrency ?? 8;
    this.#ackWaitMs = options.ackWaitMs ?? 10_000;
    this.#backoffMs = options.backoffMs ?? DEFAULT_BACKOFF_MS;
    this.#names = options.types === undefined ? undefined : new Set(options.types.map(eventName));
  }

  /** Resolves when the durable exists and messages are being fetched. */
  async start(): Promise<void> {
    const { bus, stream, durable, rewind } = this.#options;
    await this.#ensureDurable();
    if (rewind === true) await rewindDurable(bus, stream, durable);
    this.#running = this.#run();
  }

  /**
   * Fetches no more, and waits until what is in hand is handled. What is not done by the deadline is told to abort
   * and given back.
   */
  drain(deadlineMs = DRAIN_MS): Promise<void> {
    return (this.#drained ??= this.#drain(deadlineMs));
  }

  async #drain(deadlineMs: number): Promise<void> {
    this.#stop.abort();
    await this.#pull?.drain().catch(() => undefined); // the connection broke: nothing more comes either way
    await this.#running;
    const late = new AbortController();
    const handled = Promise.all(this.#active.values());
    await Promise.race([handled, pause(deadlineMs, late.signal)]);
    late.abort();
    this.#abort.abort();
    await Promise.all([...this.#active.keys()].map((held) => this.#release(held)));
  }

  async #release(held: HeldMessage): Promise<void> {
    if (this.#released.has(held)) return;
    this.#released.add(held);
    const { putBack } = this.#options;
    await this.#answer(held, 'released', async () => {
      if (putBack === undefined) return held.retry(0);
      await putBack(held.message);
      await held.ack();
    });
  }

  async #ensureDurable(): Promise<void> {
    const { bus, stream, durable, filters, from = 'beginning', maxAckPending = 1000 } = this.#options;
    await ensureDurable(bus, { stream, durable, filters, from, ackWaitMs: this.#ackWaitMs, maxAckPending });
  }

  async #run(): Promise<void> {
    const { bus, durable, stream } = this.#options;
    for (let first = true; !this.#stop.signal.aborted; first = false) {
      try {
        await bus.whenConnected(this.#stop.signal);
        if (!first) await this.#ensureDurable();
        const reason = await this.#fetchUntilLost(stream, durable);
        if (reason !== undefined)
          bus.logger.warn({ durable, reason }, 'a durable consumer is fetched from anew');
      } catch (error) {
        if (!this.#stop.signal.aborted)
          bus.logger.warn({ err: error, durable }, 'a durable consumer cannot be fetched from');
      }
      await pause(RECONNECT_MS, this.#stop.signal);
    }
  }

  #fetchUntilLost(stream: string, durable: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const stopped = (): void => resolve(undefined);
      if (this.#stop.signal.aborted) return stopped();
      this.#stop.signal.addEventListener('abort', stopped, { once: true });
      this.#pull = new Pull(this.#options.bus, stream, durable, {
        onMessage: (msg) => this.#receive(msg),
        onExpired: () => this.#refill(),
        onLost: (reason) => {
          this.#stop.signal.removeEventListener('abort', stopped);
          resolve(reason);
        },
      });
      this.#refill();
    });
  }

  #refill(): void {
    if (this.#stop.signal.aborted || this.#pull === undefined) return;
    const free = this.#concurrency - this.#active.size - this.#pull.outstanding;
    if (free >= Math.max(1, this.#concurrency / 4)) this.#pull.request(free);
  }

  #receive(msg: Msg): void {
    const { seq } = parseDelivery(msg.reply ?? '');
    if (this.#isInHand(seq, msg)) return this.#refill();
    const held = new HeldMessage(this.#options.bus, msg, this.#ackWaitMs);
    this.#inHand.set(seq, held);
    const work = this.#stop.signal.aborted ? this.#release(held) : this.#process(held);
    const done = work.finally(() => {
      this.#active.delete(held);
      if (this.#inHand.get(seq) === held) this.#inHand.delete(seq);
      this.#refill();
    });
    this.#active.set(held, done);
  }

  /**
   * Whether another delivery is of a message that this process works on still: the bus was away for longer than a
   * message may be silent. Whoever works on it goes on, and answers the new delivery.
   */
  #isInHand(seq: number, msg: Msg): boolean {
    const known = this.#inHand.get(seq);
    const before = known?.info.attempt ?? 0;
    if (known?.takeOver(msg) !== true) return false;
    metrics.redeliveries.inc({ durable: this.#options.durable });
    this.#notAnAttempt(seq, known.info.attempt - before);
    return true;
  }

  #notAnAttempt(seq: number, deliveries = 1): void {
    this.#deferrals.set(seq, (this.#deferrals.get(seq) ?? 0) + deliveries);
  }

  /** Never rejects. */
  async #process(held: HeldMessage): Promise<void> {
    const { message, info } = held;
    const { durable } = this.#options;
    if (info.attempt > 1) metrics.redeliveries.inc({ durable });
    const attempt = info.attempt - (this.#deferrals.get(message.seq) ?? 0);
    const unparked = this.#unparked.get(message.seq);
    if (unparked !== undefined) return this.#park(held, attempt, unparked.error, unparked.stored);
    if (isPoison(attempt, this.#backoffMs, this.#options.unanswered)) {
      return this.#park(held, attempt, new Error(`delivered ${info.attempt} times, and never answered`));
    }
    if (!this.#isWanted(message)) return this.#answer(held, 'skipped', () => held.ack());
    try {
      await this.#handle(message, attempt);
    } catch (error) {
      return this.#fail(held, attempt, error);
    }
    this.#deferrals.delete(message.seq);
    await this.#answer(held, 'handled', () => held.ack());
  }

  #isWanted({ headers }: RawMessage): boolean {
    if (this.#names === undefined) return true;
    const type = headers.get('ce-type');
    return type === undefined || this.#names.has(eventName(type));
  }

  async #handle(message: RawMessage, attempt: number): Promise<void> {
    const { decode, handle, durable } = this.#options;
    const { seq, subject } = message;
    const span = { subject, durable, traceparent: message.headers.get('traceparent') };
    await inProcessSpan(span, async () => {
      await handle(await decode(message), { seq, subject, attempt, signal: this.#abort.signal });
    });
  }

  async #fail(held: HeldMessage, attempt: number, error: unknown): Promise<void> {
    const { bus, durable } = this.#options;
    const { seq, subject } = held.message;
    // Told to stop, it failed for that reason: somebody else gets it.
    if (this.#abort.signal.aborted) return this.#release(held);
    const disposition = dispose(error, attempt, this.#backoffMs, Date.now());
    switch (disposition.kind) {
      case 'defer':
        this.#notAnAttempt(seq);
        return this.#answer(held, 'deferred', () => held.retry(disposition.delayMs));
      case 'retry':
        bus.logger.warn(
          { err: error, durable, seq, subject, attempt },
          'a message failed and will be tried again',
        );
        return this.#answer(held, 'retried', () => held.retry(disposition.delayMs));
      case 'park':
        return this.#park(held, attempt, error instanceof GivenUp ? error.cause : error);
      default:
        disposition satisfies never;
    }
  }

  /** The dead letter is stored before the message is given up. */
  async #park(held: HeldMessage, attempts: number, error: unknown, isStored = false): Promise<void> {
    const { bus, stream, durable, parked, origin } = this.#options;
    const { message } = held;
    const { seq, subject } = message;
    let stored = isStored;
    try {
      if (!stored) await park(bus, { stream, durable, message, attempts, error }, await origin?.(message));
      stored = true;
      await parked?.(message, error);
    } catch (cause) {
      this.#unparked.set(seq, { error, stored });
      bus.logger.error({ err: cause, durable, seq, subject }, 'a message could not be parked');
      return this.#answer(held, 'retried', () => held.retry(PARK_RETRY_MS));
    }
    bus.logger.error(
      { err: error, durable, seq, subject, attempts },
      'a message was parked in the dead letters',
    );
    this.#unparked.delete(seq);
    this.#deferrals.delete(seq);
    await this.#answer(held, 'parked', () => held.terminate());
  }

  /** A lost answer is no loss: the message comes again. */
  async #answer(held: HeldMessage, outcome: string, send: () => Promise<void>): Promise<void> {
    const { bus, durable } = this.#options;
    try {
      await send();
      metrics.deliveries.inc({ durable, outcome });
    } catch (error) {
      held.abandon();
      bus.logger.warn(
        { err: error, durable, seq: held.message.seq, outcome },
        'an answer to a delivery was lost',
      );
    }
  }
}
