import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '#contracts/errors';
import { append, MAX_BATCH, type WireMessage } from './append.ts';
import type { Bus } from './bus.ts';
import { BusError } from './bus-error.ts';
import { IN_FLIGHT_PAUSE_MS } from './jetstream-api.ts';
import { STREAMS } from './streams.ts';

/** A message with a `Nats-Msg-Id` among its header lines. */
export interface IdentifiedMessage extends WireMessage {
  /** Where it is to be the first on its subject, whenever that was: another one counts as its duplicate. */
  readonly expect?: 0;
}

export interface Published {
  /** Where the message lies in its stream; of a duplicate, where the first one lies. */
  readonly seq: number;
  /** A message of this id, or the first of its subject, was stored before: by an earlier call, or by this one when an answer got lost. */
  readonly duplicate: boolean;
}

export interface BatchPublisherOptions {
  readonly bus: Bus;
  /** Where all of its messages go: a batch can't be of two streams. */
  readonly stream: string;
  /** Messages that may wait to be stored; 50,000 by default. */
  readonly maxWaiting?: number;
  /** Milliseconds within which a message must have been stored, whatever happens to the server; 10,000 by default. */
  readonly patienceMs?: number;
}

interface Waiting {
  readonly message: IdentifiedMessage;
  readonly bytes: number;
  /** By the monotonic clock. */
  readonly deadline: number;
  /** It was sent and the answer got lost: it may be stored. */
  uncertain: boolean;
  readonly resolve: (published: Published) => void;
  readonly reject: (error: Error) => void;
}

const MAX_WAITING = 50_000;
const PATIENCE_MS = 10_000;

/** What a batch may weigh, so that one of large messages does not hold up the server. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Room for what a batch adds to a message's own headers. */
const BATCH_HEADER_BYTES = 256;

const FLIGHT_TIMEOUT_MS = 5000;
/** Lost answers to one batch after which its outcome stays unknown. */
const MAX_LOST = 3;
const UNAVAILABLE_PAUSE_MS = 50;
/** Parts that a refused batch is sent again in, one after the other. */
const PARTS = 10;

/**
 * Stores messages in one stream, those of concurrent calls together: a batch is what gathered while the last one was
 * on its way, without a timer, and one atomic batch is one sync of the disk. Messages are stored in the order of the
 * calls.
 *
 * An id that the stream knows already, within its duplicate window, or a subject that is taken, refuses a whole batch: it
 * goes again in parts, until the duplicate stands alone and counts as stored. The same when the server will not have one of the messages.
 * When an answer is lost, the same messages go again with the same ids, which stores none of them twice. What is in a
 * message's way and still in flight to the replicas is waited for.
 */
export class BatchPublisher {
  readonly #bus: Bus;
  readonly #stream: string;
  readonly #prefixes: readonly string[];
  readonly #maxWaiting: number;
  readonly #patienceMs: number;
  #queue: Waiting[] = [];
  #unanswered = 0;
  #isFlying = false;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor({ bus, stream, maxWaiting = MAX_WAITING, patienceMs = PATIENCE_MS }: BatchPublisherOptions) {
    this.#bus = bus;
    this.#stream = stream;
    const { subjects } = STREAMS.find(({ name }) => name === stream) ?? { subjects: [] };
    this.#prefixes = subjects.map((subject) => subject.replace(/>$/, ''));
    this.#maxWaiting = maxWaiting;
    this.#patienceMs = patienceMs;
  }

  /**
   * Resolves when the message is durable. Rejects with Problem `bus_unavailable` (at once when not connected),
   * `overloaded`, `service_unavailable` while stopping or `body_too_large`, when nothing was stored; with
   * `outcome_unknown` when it may have been; with `ApiError` when the stream refuses it.
   */
  publish(message: IdentifiedMessage): Promise<Published> {
    const bytes = message.headers.length + message.payload.length + BATCH_HEADER_BYTES;
    const refusal = this.#refusalOf(message, bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + this.#patienceMs;
      this.#queue.push({ message, bytes, deadline, uncertain: false, resolve, reject });
      this.#unanswered++;
      if (!this.#isFlying) this.#depart();
    });
  }

  /** Takes no more messages, and resolves when those at hand are answered. */
  drain(): Promise<void> {
    this.#drained ??= Promise.withResolvers();
    if (this.#unanswered === 0) this.#drained.resolve();
    return this.#drained.promise;
  }

  #refusalOf({ subject, headers }: IdentifiedMessage, bytes: number): Error | undefined {
    if (!this.#prefixes.some((prefix) => subject.startsWith(prefix)))
      return new Error(`${subject} is no subject of the stream ${this.#stream}`);
    if (this.#drained !== undefined)
      return new Problem('service_unavailable', 'The service is stopping', { retryAfter: 1 });
    if (!this.#bus.connected) return new BusError('disconnected', subject);
    if (this.#unanswered >= this.#maxWaiting) {
      return new Problem('overloaded', `${this.#unanswered} messages wait to be stored already`, {
        retryAfter: 1,
      });
    }
    if (bytes > this.#bus.maxPayload) {
      return new Problem(
        'body_too_large',
        `A message has ${bytes} bytes; the bus takes ${this.#bus.maxPayload}`,
      );
    }
    // Without one, a message whose answer got lost could be stored twice.
    return /^Nats-Msg-Id: ./m.test(headers) ? undefined : new Error(`a message for ${subject} has no id`);
  }

  /** After this turn of the event loop, so that messages that came together leave together. */
  #depart(): void {
    this.#isFlying = true;
    setImmediate(() => void this.#fly());
  }

  async #fly(): Promise<void> {
    for (let batch = this.#load(); batch.length > 0; batch = this.#load()) {
      await this.#store(batch);
    }
    this.#isFlying = false;
  }

  /** What waits, as far as one batch takes it. */
  #load(): Waiting[] {
    let [count, bytes] = [0, 0];
    for (const waiting of this.#queue) {
      bytes += waiting.bytes;
      if (count === MAX_BATCH || (count > 0 && bytes > MAX_BYTES)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  /** Settles every message of a batch: when this resolves, each was answered. */
  async #store(batch: readonly Waiting[]): Promise<void> {
    for (let [open, lost] = [batch, 0]; open.length > 0;) {
      const messages = open.map(({ message }) => message);
      const result = await append(this.#bus, messages, FLIGHT_TIMEOUT_MS);
      switch (result.outcome) {
        case 'stored':
          return this.#stored(open, result.last);
        case 'conflict':
        case 'refused':
          if (open.length > 1) return await this.#storeInParts(open);
          if (result.outcome === 'refused') return this.#refuse(open, result.cause);
          if (result.at !== undefined) return this.#known(open, result.at);
          break; // what is in its way is in flight, and may yet fail
        case 'unknown':
          for (const waiting of open) waiting.uncertain = true;
          this.#bus.logger.warn(
            { err: result.cause, messages: open.length },
            'the answer to a batch was lost',
          );
          if (++lost === MAX_LOST) return this.#giveUp(open, result.cause);
          break;
        case 'unavailable':
          break;
        default:
          result satisfies never;
      }
      await delay(result.outcome === 'conflict' ? IN_FLIGHT_PAUSE_MS : UNAVAILABLE_PAUSE_MS);
      open = this.#giveUpExpired(open, result.cause);
    }
  }

  async #storeInParts(batch: readonly Waiting[]): Promise<void> {
    const size = Math.ceil(batch.length / PARTS);
    for (let from = 0; from < batch.length; from += size) await this.#store(batch.slice(from, from + size));
  }

  #stored(batch: readonly Waiting[], last: number): void {
    const first = last - batch.length + 1;
    for (const [index, waiting] of batch.entries()) {
      waiting.resolve({ seq: first + index, duplicate: false });
    }
    this.#answered(batch.length);
  }

  #known(batch: readonly Waiting[], seq: number): void {
    for (const { resolve } of batch) resolve({ seq, duplicate: true });
    this.#answered(batch.length);
  }

  #refuse(batch: readonly Waiting[], cause: Error): void {
    for (const { reject } of batch) reject(cause);
    this.#answered(batch.length);
  }

  #giveUp(batch: readonly Waiting[], cause: Error): void {
    for (const { uncertain, reject } of batch) {
      reject(
        uncertain
          ? new Problem('outcome_unknown', 'The answer got lost; the message may have been stored', {
              retryAfter: 1,
              cause,
            })
          : new Problem('bus_unavailable', 'The message could not be stored in time', {
              retryAfter: 1,
              cause,
            }),
      );
    }
    this.#answered(batch.length);
  }

  #giveUpExpired(batch: readonly Waiting[], cause: Error): readonly Waiting[] {
    const now = performance.now();
    this.#giveUp(
      batch.filter(({ deadline }) => deadline <= now),
      cause,
    );
    return batch.filter(({ deadline }) => deadline > now);
  }

  #answered(count: number): void {
    this.#unanswered -= count;
    if (this.#unanswered === 0) this.#drained?.resolve();
  }
}
