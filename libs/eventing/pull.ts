import { createInbox, type Msg, type Subscription } from '@nats-io/nats-core';
import type { Bus } from './bus.ts';

/** What a consumer says of one delivery, in the subject that it is acknowledged on. */
export interface DeliveryInfo {
  /** 1 on the first delivery. */
  readonly attempt: number;
  /** The sequence in the stream. */
  readonly seq: number;
  /** Counts the deliveries of this consumer, without a gap. */
  readonly consumerSeq: number;
  /** Messages that the consumer still had to deliver after this one. */
  readonly pending: number;
}

/** `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<attempt>.<seq>.<consumer seq>.<time>.<pending>[.<random>]` */
export function parseDelivery(reply: string): DeliveryInfo {
  const tokens = reply.split('.');
  const at = tokens.length >= 11 ? 6 : 4;
  if (tokens[0] !== '$JS' || tokens.length < 9) throw new Error(`not a delivery of a consumer: ${reply}`);
  return {
    attempt: Number(tokens[at]),
    seq: Number(tokens[at + 1]),
    consumerSeq: Number(tokens[at + 2]),
    pending: Number(tokens[at + 4]),
  };
}

export interface PullHandlers {
  onMessage(msg: Msg): void;
  /** A request has run out, with fewer messages than it asked for: ask again. */
  onExpired(): void;
  /** Nothing more will come: the consumer, its leader or the connection is gone. Called once at most. */
  onLost(reason: string): void;
}

/** How often an idle pull says that it is there, and for how long one request stands. */
export interface Pace {
  readonly heartbeatMs: number;
  readonly expiresMs: number;
}

const LIVELY: Pace = { heartbeatMs: 2_000, expiresMs: 30_000 };
const NANOS = 1_000_000;

/** Pulls messages of one consumer through one subscription. Knows what was asked for and notices silence. */
export class Pull {
  readonly #bus: Bus;
  readonly #api: string;
  readonly #inbox = createInbox();
  readonly #subscription: Subscription;
  readonly #watch: NodeJS.Timeout;
  readonly #stopListening: () => void;
  readonly #handlers: PullHandlers;
  readonly #pace: Pace;
  #requests = 0;
  #outstanding = 0;
  #seen = performance.now();
  #over = false;

  constructor(bus: Bus, stream: string, consumer: string, handlers: PullHandlers, pace: Pace = LIVELY) {
    this.#bus = bus;
    this.#handlers = handlers;
    this.#pace = pace;
    this.#api = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    this.#subscription = bus.nc.subscribe(`${this.#inbox}.*`, {
      callback: (error, msg) => (error === null ? this.#receive(msg) : this.#lost(error.message)),
    });
    this.#stopListening = bus.onDisconnect(() => this.#lost('disconnected'));
    this.#watch = setInterval(() => {
      if (this.#outstanding > 0 && performance.now() - this.#seen > 3 * pace.heartbeatMs)
        this.#lost('no heartbeat');
    }, pace.heartbeatMs / 2);
  }

  /** Messages that were asked for and have not come yet. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Asks for that many more messages. */
  request(batch: number): void {
    if (this.#over) return;
    if (this.#outstanding === 0) this.#seen = performance.now();
    this.#outstanding += batch;
    const { expiresMs, heartbeatMs } = this.#pace;
    const request = { batch, expires: expiresMs * NANOS, idle_heartbeat: heartbeatMs * NANOS };
    this.#bus.nc.publish(this.#api, JSON.stringify(request), { reply: `${this.#inbox}.${this.#requests++}` });
  }

  /** Asks for nothing more, and delivers what is on its way, as far as the connection still works. */
  async drain(): Promise<void> {
    this.#end();
    if (this.#subscription.isClosed()) return;
    if (this.#bus.connected) await this.#subscription.drain();
    else this.#subscription.unsubscribe();
  }

  /** Ends at once; what is on its way is not delivered. */
  close(): void {
    this.#end();
    this.#subscription.unsubscribe();
  }

  #end(): void {
    this.#over = true;
    clearInterval(this.#watch);
    this.#stopListening();
  }

  #lost(reason: string): void {
    if (this.#over) return;
    this.close();
    this.#handlers.onLost(reason);
  }

  #receive(msg: Msg): void {
    this.#seen = performance.now();
    if (!msg.subject.startsWith(this.#inbox)) {
      this.#outstanding--;
      this.#handlers.onMessage(msg);
      return;
    }
    const code = msg.headers?.code;
    switch (code) {
      case 100:
        return;
      case 404:
      case 408:
        this.#outstanding -= Number(msg.headers?.get('Nats-Pending-Messages') || this.#outstanding);
        if (!this.#over) this.#handlers.onExpired();
        return;
      default:
        this.#lost(code === 503 ? 'no responders' : (msg.headers?.status ?? 'an unknown status'));
    }
  }
}
