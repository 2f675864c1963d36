import type { Msg } from '@nats-io/nats-core';
import type { Bus } from './bus.ts';
import type { RawMessage } from './direct-get.ts';
import { readHeaders } from './headers.ts';
import { parseDelivery, type DeliveryInfo } from './pull.ts';

const TIMEOUT_MS = 5000;

/** One message in the hands of a durable consumer: kept by heartbeats until it is answered. */
export class HeldMessage {
  readonly message: RawMessage;
  readonly #bus: Bus;
  #info: DeliveryInfo;
  #reply: string;
  readonly #heart: NodeJS.Timeout;
  readonly #left = Promise.withResolvers<void>();
  #answered = false;

  constructor(bus: Bus, msg: Msg, ackWaitMs: number) {
    this.#bus = bus;
    this.#reply = msg.reply ?? '';
    this.#info = parseDelivery(this.#reply);
    this.message = {
      seq: this.#info.seq,
      subject: msg.subject,
      headers: readHeaders(msg),
      payload: msg.data,
    };
    this.#heart = setInterval(() => {
      if (bus.connected) bus.nc.publish(this.#reply, '+WPI');
    }, ackWaitMs / 3);
  }

  /** Of the newest delivery that these hands know of. */
  get info(): DeliveryInfo {
    return this.#info;
  }

  /**
   * Takes another delivery of the same message, which comes when heartbeats did not get through for too long: from now
   * on it is that one which is kept alive and answered. False when an answer is on its way already.
   */
  takeOver(msg: Msg): boolean {
    if (this.#answered) return false;
    this.#reply = msg.reply ?? '';
    this.#info = parseDelivery(this.#reply);
    return true;
  }

  /** Resolves when it has been answered or abandoned, and is in these hands no more. */
  get left(): Promise<void> {
    return this.#left.promise;
  }

  /** Done; resolves when the server has taken note. */
  ack(): Promise<void> {
    return this.#answer('+ACK');
  }

  /** Done, and not waited for: should this get lost, the message comes again. Half the price of {@link ack}. */
  ackSoon(): void {
    if (!this.#leave()) return;
    if (this.#bus.connected) this.#bus.nc.publish(this.#reply, '+ACK');
  }

  /** Give it to somebody, after a pause. */
  retry(delayMs: number): Promise<void> {
    return this.#answer(`-NAK {"delay": ${Math.round(delayMs * 1_000_000)}}`);
  }

  /** Never deliver it again: there is a dead letter. Why is said in that, since the server makes public what it is told. */
  terminate(): Promise<void> {
    return this.#answer('+TERM parked in the dead letters');
  }

  /** Stops the heartbeats without an answer: the server hands it out again when its wait is over. */
  abandon(): void {
    this.#leave();
  }

  async #answer(answer: string): Promise<void> {
    if (!this.#leave()) return;
    await this.#bus.request(this.#reply, Buffer.from(answer), { timeoutMs: TIMEOUT_MS });
  }

  /** False when it has been answered before. */
  #leave(): boolean {
    if (this.#answered) return false;
    this.#answered = true;
    clearInterval(this.#heart);
    this.#left.resolve();
    return true;
  }
}
