import { nuid, type Msg } from '@nats-io/nats-core';
import type { Bus } from './bus.ts';
import type { RawMessage } from './direct-get.ts';
import { readHeaders } from './headers.ts';
import { jetStream } from './jetstream-api.ts';
import { parseDelivery, Pull } from './pull.ts';

const INACTIVE_NANOS = 30_000_000_000;

/** Milliseconds of silence after which a reader asks whether what was still to come is gone. */
const QUIET_MS = 1000;

/** The reader can't go on; a new one, from the sequence after the last that was taken, misses nothing. */
export class ReaderLost extends Error {
  override readonly name = 'ReaderLost';
}

/** The log ends before the place to read from: it has lost its end, or another log was restored without a new epoch. */
export class AheadOfLog extends Error {
  override readonly name = 'AheadOfLog';
}

/**
 * Reads one stretch of a stream in order, through an ephemeral consumer of its own. Any doubt (a gap, silence, a
 * lost consumer) ends it with {@link ReaderLost}; it never mends itself.
 */
export class Reader {
  readonly #bus: Bus;
  readonly #stream: string;
  readonly #name: string;
  readonly #ahead: number;
  readonly #pull: Pull;
  #queue: RawMessage[] = [];
  #pendings: number[] = [];
  #consumerSeq = 0;
  /** What was still to come, as the last delivery said. */
  #owed: number;
  #lost: ReaderLost | undefined;
  #wake: (() => void) | undefined;

  /** What lay in front of the reader when it was made. */
  readonly pending: number;

  private constructor(bus: Bus, stream: string, name: string, pending: number, ahead: number) {
    this.#bus = bus;
    this.#stream = stream;
    this.#name = name;
    this.#ahead = ahead;
    this.pending = pending;
    this.#owed = pending;
    this.#pull = new Pull(bus, stream, name, {
      onMessage: (msg) => this.#receive(msg),
      onExpired: () => this.#refill(),
      onLost: (reason) => this.#fail(reason),
    });
    this.#refill();
  }

  /** `ahead`: how many messages are fetched before they are taken. */
  static async open(
    bus: Bus,
    stream: string,
    filters: readonly string[],
    from: number,
    ahead: number,
  ): Promise<Reader> {
    const { state } = await jetStream<{ state: { last_seq: number } }>(bus, `STREAM.INFO.${stream}`);
    if (from > state.last_seq + 1) {
      throw new AheadOfLog(`the stream ${stream} ends at ${state.last_seq}, and is to be read from ${from}`);
    }
    const name = `reader_${nuid.next()}`;
    const { num_pending: pending } = await jetStream<{ num_pending: number }>(
      bus,
      `CONSUMER.CREATE.${stream}.${name}`,
      {
        stream_name: stream,
        action: 'create',
        config: {
          name,
          filter_subjects: filters,
          deliver_policy: 'by_start_sequence',
          opt_start_seq: from,
          ack_policy: 'none',
          inactive_threshold: INACTIVE_NANOS,
          mem_storage: true,
          num_replicas: 1,
        },
      },
    );
    return new Reader(bus, stream, name, pending, ahead);
  }

  /**
   * Up to `max` messages, as many as are there; waits for the first. `pending` counts what is still to come after
   * them. No messages when those that were to come are gone, superseded or expired, and nothing is pending any more.
   * Nothing at all when the signal aborts; throws {@link ReaderLost}.
   */
  async take(
    max: number,
    signal: AbortSignal,
  ): Promise<{ messages: RawMessage[]; pending: number } | undefined> {
    while (this.#queue.length === 0) {
      if (signal.aborted) return undefined;
      if (this.#lost !== undefined) throw this.#lost;
      await this.#arrival(signal, this.#owed > 0 ? QUIET_MS : undefined);
      if (this.#owed > 0 && this.#queue.length === 0 && (await this.#hasNothing())) {
        this.#owed = 0;
        return { messages: [], pending: 0 };
      }
    }
    const messages = this.#queue.splice(0, max);
    const pending = this.#pendings.splice(0, max).at(-1) ?? 0;
    this.#refill();
    return { messages, pending };
  }

  async close(): Promise<void> {
    this.#pull.close();
    if (!this.#bus.connected) return;
    await jetStream(this.#bus, `CONSUMER.DELETE.${this.#stream}.${this.#name}`).catch((error: unknown) => {
      this.#bus.logger.debug({ err: error, consumer: this.#name }, 'a reader leaves its consumer to expire');
    });
  }

  #arrival(signal: AbortSignal, ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => wake(), ms);
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /** Whether the consumer has delivered everything, and everything that it delivered has been taken. */
  async #hasNothing(): Promise<boolean> {
    try {
      const { num_pending: pending, delivered } = await jetStream<{
        num_pending: number;
        delivered: { consumer_seq: number };
      }>(this.#bus, `CONSUMER.INFO.${this.#stream}.${this.#name}`);
      return pending === 0 && delivered.consumer_seq === this.#consumerSeq && this.#queue.length === 0;
    } catch (error) {
      this.#bus.logger.debug({ err: error, consumer: this.#name }, 'a consumer does not say what it has');
      return false;
    }
  }

  #receive(msg: Msg): void {
    if (this.#lost !== undefined) return;
    const { seq, consumerSeq, pending } = parseDelivery(msg.reply ?? '');
    if (consumerSeq !== this.#consumerSeq + 1) {
      this.#pull.close();
      this.#fail(`delivery ${consumerSeq} follows ${this.#consumerSeq}`);
      return;
    }
    this.#consumerSeq = consumerSeq;
    this.#owed = pending;
    this.#queue.push({ seq, subject: msg.subject, headers: readHeaders(msg), payload: msg.data });
    this.#pendings.push(pending);
    this.#wake?.();
  }

  #refill(): void {
    const under = this.#pull.outstanding + this.#queue.length;
    if (this.#lost === undefined && under <= this.#ahead / 2) this.#pull.request(this.#ahead - under);
  }

  #fail(reason: string): void {
    this.#lost ??= new ReaderLost(reason);
    this.#wake?.();
  }
}
