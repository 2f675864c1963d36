import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/nats-core';
import { createInbox } from '@nats-io/nats-core';
import { BusError, type BusFailure } from './bus-error.ts';

interface Waiter {
  readonly subject: string;
  readonly timer: NodeJS.Timeout;
  take(msg: Msg): void;
  fail(error: Error): void;
}

/**
 * Requests and their replies over one subscription for the whole connection. nats.js would wait for the time-out of
 * each request when the connection breaks, and makes a subscription per request with several replies; here a broken
 * connection fails everything that waits at once, so that the caller can find out what became of it.
 */
export class Inbox {
  readonly #nc: NatsConnection;
  readonly #prefix: string;
  readonly #waiting = new Map<string, Waiter>();
  #next = 0;

  constructor(nc: NatsConnection) {
    this.#nc = nc;
    this.#prefix = `${createInbox()}.`;
    nc.subscribe(`${this.#prefix}*`, {
      callback: (error, msg) => {
        if (error !== null) this.failAll('forbidden', error);
        else this.#waiting.get(msg.subject.slice(this.#prefix.length))?.take(msg);
      },
    });
  }

  /** One request, one reply. Rejects with a {@link BusError}. */
  request(
    subject: string,
    payload: Uint8Array,
    options: { headers?: MsgHdrs; timeoutMs: number },
  ): Promise<Msg> {
    let reply: Msg | undefined;
    return this.collect(subject, options.timeoutMs, (inbox) => {
      this.#nc.publish(subject, payload, {
        reply: inbox,
        ...(options.headers && { headers: options.headers }),
      });
      return (msg) => {
        reply = msg;
        return true;
      };
    }).then(() => reply as Msg);
  }

  /**
   * Any number of replies. `send` publishes with the reply subject that it is given and returns what takes each
   * reply and says whether it was the last. `subject` is for errors. A reply that finds no responders is a rejection.
   */
  collect(subject: string, timeoutMs: number, send: (inbox: string) => (msg: Msg) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const token = (this.#next++).toString(36);
      const close = (): void => {
        clearTimeout(waiter.timer);
        this.#waiting.delete(token);
      };
      const waiter: Waiter = {
        subject,
        timer: setTimeout(() => waiter.fail(new BusError('timeout', subject)), timeoutMs),
        take: (msg) => {
          if (msg.data.length === 0 && msg.headers?.code === 503)
            return waiter.fail(new BusError('no_responders', subject));
          try {
            if (!take(msg)) return;
          } catch (error) {
            return waiter.fail(error instanceof Error ? error : new Error(String(error)));
          }
          close();
          resolve();
        },
        fail: (error) => {
          close();
          reject(error);
        },
      };
      this.#waiting.set(token, waiter);
      let take: (msg: Msg) => boolean;
      try {
        take = send(this.#prefix + token);
      } catch (error) {
        waiter.fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** Ends every wait, or those of one request subject, with an error. */
  failAll(failure: BusFailure, cause?: unknown, subject?: string): void {
    for (const waiter of [...this.#waiting.values()]) {
      if (subject === undefined || waiter.subject === subject)
        waiter.fail(new BusError(failure, waiter.subject, cause));
    }
  }
}
