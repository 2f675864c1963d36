import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AttemptCause } from '#contracts/delivery/delivery.records';
import type { WebhookRecord } from '../webhook/webhook.fold.ts';
import type { Bodies } from './body.ts';
import type { DeliveryLog } from './delivery.log.ts';
import { asDelivered, type EventRef } from './event-ref.ts';
import type { Gate } from './gate.ts';
import type { Health, HealthChange } from './health.ts';
import type { Retries, Retry } from './retries.ts';
import { pauseAfter } from './schedule.ts';
import { deliveryIdOf, type Sender, type Sent } from './sender.ts';

export interface CourierDependencies {
  readonly sender: Sender;
  readonly bodies: Bodies;
  readonly retries: Retries;
  readonly deliveries: DeliveryLog;
  readonly logger: Logger;
  /** What an attempt has shown of the endpoint as a whole. */
  readonly tell: (record: WebhookRecord, change: EndpointChange) => void;
}

export type EndpointChange = HealthChange | { readonly kind: 'disable'; readonly reason: 'gone' };

/** One attempt that is to be made. */
export interface Errand {
  readonly event: EventRef;
  readonly cause: AttemptCause;
  readonly attempt: number;
  /** Of an ordered endpoint: the subject whose later events wait while this one does. */
  readonly lane: string | null;
  /** Called as soon as the endpoint has nothing more to do with it. */
  readonly answered: () => void;
  /** Called before its retry is stored, when there is one. */
  readonly waits: () => void;
}

/** `closed`: the endpoint was not asked, since it is to be left alone for now. */
export type Outcome = 'delivered' | 'waits' | 'failed' | 'closed';

/** Between two tries of what does not depend on the endpoint. */
const INSIST_MS = 1_000;

/** Makes attempts at one endpoint, and sees to what follows: the record, the next attempt, what it says of the endpoint. */
export class Courier {
  readonly #deps: CourierDependencies;
  readonly #gate: Gate;
  readonly #health: Health;
  readonly #signal: AbortSignal;

  /** `signal` aborts what is under way. */
  constructor(deps: CourierDependencies, gate: Gate, health: Health, signal: AbortSignal) {
    this.#deps = deps;
    this.#gate = gate;
    this.#health = health;
    this.#signal = signal;
  }

  /** Resolves when what follows from the attempt is durable. Rejects only when it was aborted. */
  async attempt(record: WebhookRecord, errand: Errand): Promise<Outcome> {
    const { sender, bodies, deliveries } = this.#deps;
    const { event, cause, attempt, lane } = errand;
    const body = await this.#insist('a body cannot be made', async () =>
      bodies.of(event, record.settings.payload),
    );
    await this.#insist('signing keys cannot be opened', () => sender.ready(record));
    const id = deliveryIdOf(record.id, event.id);
    const passed = await this.#gate.pass(async () => {
      const sent = await sender.send(record, id, body, this.#signal);
      const { verdict } = sent;
      return { sent, ok: verdict.ok, throttleMs: verdict.ok ? undefined : verdict.throttleMs };
    });
    if (passed === undefined) return 'closed';
    errand.answered();
    const { sent } = passed;
    const next = this.#nextAttempt(errand, sent);
    if (next !== undefined) {
      errand.waits();
      const { source, seq } = event;
      const retry = { source, seq, cause: 'retry', attempt: attempt + 1, lane } as const;
      await this.#insist('a retry cannot be stored', () => this.schedule(record.id, id, retry, next));
    }
    const { workspace, actor, correlation } = event;
    const shared = { workspace, webhook: record.id, delivery: id, cause, attempt, actor, correlation };
    const nextAttemptAt = next?.toISOString() ?? null;
    await this.#insist('an attempt cannot be recorded', () =>
      deliveries.record({ ...shared, event: asDelivered(event), sent, nextAttemptAt }),
    );
    this.#observe(record, sent);
    if (sent.verdict.ok) return 'delivered';
    return next === undefined ? 'failed' : 'waits';
  }

  /** A lane has one retry at a time, and so has each delivery of an endpoint that is not ordered. */
  schedule(webhook: string, delivery: string, retry: Retry, at: Date): Promise<void> {
    const name = retry.lane === null ? delivery : `lane_${shortHash(retry.lane)}`;
    return this.#deps.retries.schedule(webhook, name, retry, at);
  }

  /** What somebody asked for is tried once. */
  #nextAttempt({ cause, attempt }: Errand, { verdict }: Sent): Date | undefined {
    if (verdict.ok || cause === 'redelivery') return undefined;
    const pause = pauseAfter(attempt, Math.random(), verdict.retryAfterMs);
    return pause === undefined ? undefined : new Date(Date.now() + pause);
  }

  #observe(record: WebhookRecord, { verdict }: Sent): void {
    const { tell } = this.#deps;
    if (!verdict.ok && verdict.gone) return tell(record, { kind: 'disable', reason: 'gone' });
    const change = verdict.ok ? this.#health.succeeded() : this.#health.failed(Date.now());
    if (change !== undefined) tell(record, change);
  }

  /** Other services and the log may be away: what depends on them is tried until they are back. */
  async #insist<T>(trouble: string, work: () => Promise<T>): Promise<T> {
    for (;;) {
      this.#signal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        this.#deps.logger.warn({ err: error }, trouble);
      }
      await delay(INSIST_MS, undefined, { signal: this.#signal });
    }
  }
}

const shortHash = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 22);
