import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { webhookReplayTask, type ReplayResult } from '#contracts/webhook/webhook-replay.task';
import type { Bus } from '#eventing/bus';
import { Deferred, Permanent, Retryable } from '#eventing/disposition';
import type { RawMessage } from '#eventing/direct-get';
import { formatPosition, parsePosition } from '#eventing/position';
import { Reader, ReaderLost } from '#eventing/reader';
import { EVENTS_STREAM } from '#eventing/streams';
import { handle, type HandledTask, type TaskContext } from '#eventing/task/context';
import type { WebhookDirectory } from '../webhook/webhook.directory.ts';
import type { WebhookRecord } from '../webhook/webhook.fold.ts';
import { callOffRetry, type CourierDependencies } from './courier.ts';
import { asDelivered, refOfLog, type EventRef } from './event-ref.ts';
import { deliveryIdOf, type Sent } from './sender.ts';
import { isSubscribed, logFilters } from './subscribed.ts';

type Payload = z.infer<typeof webhookReplayTask.payload>;

export interface ReplayDependencies extends Pick<
  CourierDependencies,
  'sender' | 'bodies' | 'deliveries' | 'retries' | 'logger' | 'tell'
> {
  readonly bus: Bus;
  readonly epoch: string;
  readonly directory: WebhookDirectory;
  /** For so long a replay keeps its room; then it is the turn of others. 30 s by default. */
  readonly turnMs?: number;
}

const TURN_MS = 30_000;
/** Pauses within a turn before one event is tried again; then the replay waits without taking room from others. */
const PAUSES_MS = [1_000, 5_000];
/** The longest wait within a turn for what the endpoint asks for. */
const PATIENCE_MS = 10_000;
/** After so long it goes on at an event that failed, when others before it did not. */
const AGAIN_MS = 30_000;
const READ = 50;
/** Before a stretch is read again whose reader was lost: what took it away may go on. */
const LOST_MS = 1_000;
const NOTE_LENGTH = 500;
const TELL_MS = 500;

export const replayWorker = (deps: ReplayDependencies): HandledTask =>
  handle(webhookReplayTask, (payload, context) => new Replay(deps, payload, context).run());

/**
 * One turn of a replay: sends a stretch of the log in order, one after another, until its time is over; the next turn goes
 * on there. What was sent before goes with the same `webhook-id`. Only failures in a row use up the attempts of the task.
 */
class Replay {
  readonly #deps: ReplayDependencies;
  readonly #payload: Payload;
  readonly #context: TaskContext;
  readonly #upTo: number;
  readonly #until: number;
  readonly #deliveredBefore: number;
  /** Everything up to here is done. */
  #seq: number;
  #delivered: number;
  /** The endpoint asked to be left alone until then; milliseconds since 1970. */
  #notBefore: number;
  /** Why it stays where it is, if it does. */
  #trouble: string | undefined;
  #told = 0;
  #nextAt = 0;

  constructor(deps: ReplayDependencies, payload: Payload, context: TaskContext) {
    this.#deps = deps;
    this.#payload = payload;
    this.#context = context;
    this.#upTo = parsePosition(payload.upTo, deps.epoch);
    this.#until = performance.now() + (deps.turnMs ?? TURN_MS);
    const [position = payload.after, delivered = 0, notBefore = 0] = context.resume?.split(' ') ?? [];
    this.#seq = parsePosition(position, deps.epoch);
    this.#delivered = this.#deliveredBefore = Number(delivered);
    this.#notBefore = Number(notBefore);
  }

  async run(): Promise<ReplayResult> {
    if (this.#notBefore > Date.now()) throw new Deferred(new Date(this.#notBefore));
    for (;;) {
      try {
        await this.#read();
        break;
      } catch (error) {
        this.#tell({ force: true });
        if (!(error instanceof ReaderLost)) throw this.#forgiven(error);
        await this.#wait(LOST_MS);
        // However often it is lost, a turn has an end.
        if (performance.now() >= this.#until) throw this.#turnOver();
      }
    }
    this.#tell({ force: true });
    return { delivered: this.#delivered, position: formatPosition(this.#deps.epoch, this.#upTo) };
  }

  async #read(): Promise<void> {
    const { signal } = this.#context;
    const filters = logFilters(this.#endpoint());
    const reader = await Reader.open(this.#deps.bus, EVENTS_STREAM, filters, this.#seq + 1, READ);
    try {
      for (let pending = reader.pending; pending > 0;) {
        const taken = await reader.take(READ, signal);
        if (taken === undefined) return signal.throwIfAborted();
        pending = taken.pending;
        for (const message of taken.messages) {
          if (message.seq > this.#upTo) return;
          if (performance.now() >= this.#until) throw this.#turnOver();
          await this.#send(message);
          this.#seq = message.seq;
          this.#tell();
        }
      }
    } finally {
      await reader.close();
    }
  }

  async #send(message: RawMessage): Promise<void> {
    const event = refOfLog(message, this.#deps.epoch);
    if (event === undefined || !isSubscribed(this.#endpoint(), event)) return;
    for (let tries = 0; ; tries++) {
      await this.#turn();
      const record = this.#endpoint();
      const { verdict } = await this.#attempt(record, event);
      if (verdict.ok) {
        this.#delivered++;
        return;
      }
      if (verdict.gone) {
        this.#deps.tell(record, { kind: 'disable', reason: 'gone', url: record.settings.url });
        throw new Permanent('the webhook answered 410: it is disabled');
      }
      const pause = PAUSES_MS[tries];
      const asked = verdict.retryAfterMs ?? 0;
      if (pause === undefined || asked > PATIENCE_MS) {
        this.#notBefore = Date.now() + asked;
        this.#trouble = `${event.position} is not delivered yet: ${verdict.error.detail}`;
        throw new Retryable(this.#trouble);
      }
      await this.#wait(Math.max(pause, asked));
    }
  }

  /** Goes on when it would send the next one anyway, or when there is room. */
  #turnOver(): Deferred {
    const inMs = Math.max(0, this.#nextAt - performance.now());
    return new Deferred(new Date(Date.now() + inMs), 'it is the turn of others', {
      forgives: this.#hasDelivered,
    });
  }

  /** A replay of hours is not to be given up for a minute here and there: it failed, but not at once. */
  #forgiven(error: unknown): unknown {
    const { signal, logger } = this.#context;
    const isDecided = error instanceof Deferred || error instanceof Permanent || signal.aborted;
    if (isDecided || !this.#hasDelivered) return error;
    logger.warn({ err: error }, 'a replay does not get on, and goes on later');
    const at = Math.max(Date.now() + AGAIN_MS, this.#notBefore);
    return new Deferred(new Date(at), 'it got on until now', { forgives: true });
  }

  get #hasDelivered(): boolean {
    return this.#delivered > this.#deliveredBefore;
  }

  async #attempt(record: WebhookRecord, event: EventRef): Promise<Sent> {
    const { sender, bodies, deliveries } = this.#deps;
    const delivery = deliveryIdOf(record.id, event.id);
    const body = await bodies.of(event, record.settings.payload);
    const sent = await sender.send(record, delivery, body, { signal: this.#context.signal });
    const { workspace, actor, correlation } = event;
    await deliveries.record({
      ...{ workspace, webhook: record.id, delivery, event: asDelivered(event), cause: 'replay', attempt: 1 },
      ...{ actor, correlation, sent, nextAttemptAt: null },
    });
    if (sent.verdict.ok) await callOffRetry(this.#deps, record.id, delivery);
    return sent;
  }

  /** @throws Permanent when it is disabled or deleted */
  #endpoint(): WebhookRecord {
    const record = this.#deps.directory.find(this.#payload.webhook);
    if (record?.enabled !== true) throw new Permanent('the webhook is disabled or deleted');
    return record;
  }

  /** At most so many begin in a second, evenly. */
  async #turn(): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + 1000 / this.#payload.perSecond;
    if (at - now >= 1) await this.#wait(at - now);
    this.#context.signal.throwIfAborted();
  }

  #wait(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.#context.signal });
  }

  #tell({ force = false } = {}): void {
    const now = performance.now();
    if (!force && now - this.#told < TELL_MS) return;
    this.#told = now;
    const position = formatPosition(this.#deps.epoch, this.#seq);
    const resume = `${position} ${this.#delivered} ${this.#notBefore}`;
    const note = (this.#trouble ?? `delivered up to ${position}`).slice(0, NOTE_LENGTH);
    this.#context.progress({ done: this.#delivered, note, resume });
  }
}
