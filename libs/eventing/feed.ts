import type { Msg } from '@nats-io/nats-core';
import type { Bus } from './bus.ts';
import { HeldMessage } from './delivery.ts';
import { deleteDurable, ensureDurable, rewindDurable, type DurableSpec } from './durable.ts';
import { parseDelivery, Pull, type Pace } from './pull.ts';
import { pause } from './pause.ts';

export interface FeedOptions extends Omit<DurableSpec, 'ackWaitMs' | 'maxAckPending'> {
  readonly bus: Bus;
  /** How many messages may be in hand, those on their way included. */
  readonly window: () => number;
  /** Takes a message; whoever has it acknowledges it, whenever that is: it is kept alive until then. */
  readonly take: (message: HeldMessage) => void;
}

/** Messages in hand and not acknowledged, over all. Above the room that takers have by far: acks may lag. */
const MAX_ACK_PENDING = 512;
/** So soon are the messages of a process that died given to another. */
const ACK_WAIT_MS = 10_000;
/** Of hundreds of feeds most are idle: each costs the server a message every 30 s, and nothing else. */
const GENTLE: Pace = { heartbeatMs: 30_000, expiresMs: 290_000 };
const RECONNECT_MS = 250;

/** A durable consumer that is read at the pace of whoever takes from it. It neither retries nor parks. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #stop = new AbortController();
  #pull: Pull | undefined;
  #running: Promise<void> = Promise.resolve();
  /** By their sequences. */
  readonly #inHand = new Map<number, HeldMessage>();

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the durable exists and messages are asked for. With `rewind`, what was handed out behind the first
   * message that nobody acknowledged comes again, in order.
   *
   * @returns with `rewind` the sequence up to which all was acknowledged, else 0
   */
  async start({ rewind = false } = {}): Promise<number> {
    const { bus, stream, durable } = this.#options;
    await this.#ensure();
    const floor = rewind ? await rewindDurable(bus, stream, durable) : 0;
    this.#running = this.#run();
    return floor;
  }

  /** Asks for more messages when the window has room: half of it at once, so that a request brings several. */
  fill(): void {
    if (this.#pull === undefined || this.#stop.signal.aborted) return;
    const { outstanding } = this.#pull;
    const wanted = this.#options.window() - this.#inHand.size - outstanding;
    if (wanted > 0 && wanted >= outstanding) this.#pull.request(wanted);
  }

  /** Takes no more; what is in hand stays there. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#pull?.drain().catch(() => undefined); // the connection broke: nothing more comes either way
    await this.#running;
  }

  /** Stops, and deletes the durable with its place in the stream. */
  async remove(): Promise<void> {
    await this.stop();
    await deleteDurable(this.#options.bus, this.#options.stream, this.#options.durable);
  }

  async #ensure(): Promise<void> {
    const { bus, window: _window, take: _take, ...spec } = this.#options;
    await ensureDurable(bus, { ...spec, ackWaitMs: ACK_WAIT_MS, maxAckPending: MAX_ACK_PENDING });
  }

  async #run(): Promise<void> {
    const { bus, durable } = this.#options;
    const { signal } = this.#stop;
    for (let first = true; !signal.aborted; first = false) {
      try {
        await bus.whenConnected(signal);
        if (!first) await this.#ensure();
        const reason = await this.#pullUntilLost();
        if (reason !== undefined) bus.logger.debug({ durable, reason }, 'a feed is pulled anew');
      } catch (error) {
        if (!signal.aborted) bus.logger.warn({ err: error, durable }, 'a feed cannot be pulled');
      }
      await pause(RECONNECT_MS, signal);
    }
  }

  #pullUntilLost(): Promise<string | undefined> {
    const { bus, stream, durable } = this.#options;
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      const stopped = (): void => resolve(undefined);
      if (signal.aborted) return stopped();
      signal.addEventListener('abort', stopped, { once: true });
      const handlers = {
        onMessage: (msg: Msg) => this.#take(msg),
        onExpired: () => this.fill(),
        onLost: (reason: string) => {
          signal.removeEventListener('abort', stopped);
          resolve(reason);
        },
      };
      this.#pull = new Pull(bus, stream, durable, handlers, GENTLE);
      this.fill();
    });
  }

  #take(msg: Msg): void {
    const { seq } = parseDelivery(msg.reply ?? '');
    // The bus was away for longer than a message may be silent: whoever has it goes on, and none is given twice.
    if (this.#inHand.get(seq)?.takeOver(msg) === true) return this.fill();
    const held = new HeldMessage(this.#options.bus, msg, ACK_WAIT_MS);
    this.#inHand.set(seq, held);
    void held.left.then(() => {
      if (this.#inHand.get(seq) === held) this.#inHand.delete(seq);
      this.fill();
    });
    this.#options.take(held);
  }
}
