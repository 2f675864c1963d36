import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { AttemptCause, AttemptError } from '#contracts/delivery/delivery.records';
import { Problem } from '#contracts/errors';
import type { WebhookRecord } from '../webhook/webhook.fold.ts';
import type { Bodies } from './body.ts';
import type { DeliveryLog } from './delivery.log.ts';
import { asDelivered, type EventRef } from './event-ref.ts';
import type { Gate } from './gate.ts';
import type { Health, HealthChange } from './health.ts';
import { insist, isPermanent } from './insist.ts';
import type { Retries, Retry } from './retries.ts';
import { pauseAfter } from './schedule.ts';
import { deliveryIdOf, unsent, type Sender, type Sent } from './sender.ts';

export interface CourierDependencies {
  readonly sender: Sender;
  readonly bodies: Bodies;
  readonly retries: Retries;
  readonly deliveries: DeliveryLog;
  readonly logger: Logger;
  /** What an attempt has shown of the endpoint as a whole. */
  readonly tell: (record: WebhookRecord, change: EndpointChange) => void;
}

export type EndpointChange =
  | HealthChange
  /** The URL is that which answered. */
  | { readonly kind: 'disable'; readonly reason: 'gone'; readonly url: string };

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

  /**
   * Resolves when what follows from the attempt is durable. Rejects only when it was aborted.
   *
   * @param current the endpoint as it is when it is asked: while others are waited for, it may be changed
   */
  async attempt(current: () => WebhookRecord, errand: Errand): Promise<Outcome> {
    const { sender } = this.#deps;
    const id = deliveryIdOf(current().id, errand.event.id);
    const ready = await this.#prepare(current, errand.event);
    if ('verdict' in ready) {
      errand.answered();
      return this.#conclude(current(), id, errand, ready);
    }
    const { record, body } = ready;
    const passed = await this.#gate.pass(async () => {
      const sent = await sender.send(record, id, body, { signal: this.#signal });
      const { verdict } = sent;
      return { sent, ok: verdict.ok, throttleMs: verdict.ok ? undefined : verdict.throttleMs };
    });
    if (passed === undefined) return 'closed';
    errand.answered();
    const outcome = await this.#conclude(record, id, errand, passed.sent);
    this.#observe(current, record, passed.sent);
    return outcome;
  }

  /** Ends a delivery that is not wanted any more, for what its log is to say. */
  async end(record: WebhookRecord, errand: Errand, error: AttemptError): Promise<'failed'> {
    errand.answered();
    await this.#record(record, deliveryIdOf(record.id, errand.event.id), errand, unsent(error), undefined);
    return 'failed';
  }

  /** What is needed of others; as a failed attempt when it can never be had. */
  async #prepare(
    current: () => WebhookRecord,
    event: EventRef,
  ): Promise<{ readonly record: WebhookRecord; readonly body: string } | Sent> {
    const { sender, bodies } = this.#deps;
    try {
      for (;;) {
        const record = current();
        const body = await this.#insist('a body cannot be made', () =>
          bodies.of(event, record.settings.payload),
        );
        await this.#insist('signing keys cannot be opened', () => sender.ready(record));
        if (record === current()) return { record, body };
      }
    } catch (error) {
      if (!isPermanent(error)) throw error;
      this.#deps.logger.error({ err: error, position: event.position }, 'a request cannot be made');
      const code = error instanceof Problem ? error.code : 'undecodable';
      return unsent({ code, detail: (error as Error).message.slice(0, 500) });
    }
  }

  /** Stores what follows: the next attempt, and then the record of this one. */
  async #conclude(record: WebhookRecord, id: string, errand: Errand, sent: Sent): Promise<Outcome> {
    const { event, attempt, lane } = errand;
    const next = this.#nextAttempt(errand, sent);
    if (next !== undefined) {
      errand.waits();
      const { source, seq } = event;
      const retry = { source, seq, cause: 'retry', attempt: attempt + 1, lane } as const;
      await this.#insist('a retry cannot be stored', () => this.schedule(record.id, id, retry, next));
    }
    await this.#record(record, id, errand, sent, next);
    if (sent.verdict.ok) {
      if (errand.cause === 'redelivery') await callOffRetry(this.#deps, record.id, id);
      return 'delivered';
    }
    return next === undefined ? 'failed' : 'waits';
  }

  #record(
    { id: webhook }: WebhookRecord,
    delivery: string,
    { event, cause, attempt }: Pick<Errand, 'event' | 'cause' | 'attempt'>,
    sent: Sent,
    next: Date | undefined,
  ): Promise<unknown> {
    const { workspace, actor, correlation } = event;
    const shared = { workspace, webhook, delivery, cause, attempt, actor, correlation };
    const nextAttemptAt = next?.toISOString() ?? null;
    return this.#insist('an attempt cannot be recorded', () =>
      this.#deps.deliveries.record({ ...shared, event: asDelivered(event), sent, nextAttemptAt }),
    );
  }

  /** A lane has one retry at a time, and so has each delivery of an endpoint that is not ordered. */
  schedule(webhook: string, delivery: string, retry: Retry, at: Date): Promise<void> {
    const name = retry.lane === null ? delivery : laneName(retry.lane);
    return this.#deps.retries.schedule(webhook, name, retry, at);
  }

  /** What somebody asked for is tried once. */
  #nextAttempt({ cause, attempt }: Errand, { verdict }: Sent): Date | undefined {
    if (verdict.ok || cause === 'redelivery') return undefined;
    const pause = pauseAfter(attempt, Math.random(), verdict.retryAfterMs);
    return pause === undefined ? undefined : new Date(Date.now() + pause);
  }

  #observe(current: () => WebhookRecord, record: WebhookRecord, { verdict }: Sent): void {
    const { tell } = this.#deps;
    const { url } = record.settings;
    if (!verdict.ok && verdict.gone) return tell(record, { kind: 'disable', reason: 'gone', url });
    const { failingSince } = current();
    const change = verdict.ok
      ? this.#health.succeeded(Date.now(), failingSince)
      : this.#health.failed(Date.now(), failingSince);
    if (change !== undefined) tell(record, change);
  }

  #insist<T>(trouble: string, work: () => T | Promise<T>): Promise<T> {
    return insist(trouble, work, { logger: this.#deps.logger, signal: this.#signal });
  }
}

/**
 * What was delivered out of turn is not to be tried again. Retries of a lane have another name and stay, since the lane
 * goes on with them. That it cannot be done is no matter: the endpoint gets the same `webhook-id` once more.
 */
export async function callOffRetry(
  { retries, logger }: Pick<CourierDependencies, 'retries' | 'logger'>,
  webhook: string,
  delivery: string,
): Promise<void> {
  await retries.cancel(webhook, delivery).catch((error: unknown) => {
    logger.debug({ err: error, webhook }, 'a retry of what was delivered meanwhile is made all the same');
  });
}

/** Of the one retry of a lane. */
export const laneName = (lane: string): string =>
  `lane_${createHash('sha256').update(lane).digest('base64url').slice(0, 22)}`;
