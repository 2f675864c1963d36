import { v7 as uuid } from 'uuid';
import { seal } from '#contracts/custody/custody.rpc';
import { newEvent } from '#contracts/event';
import {
  deliveryAttemptedV1,
  type AttemptCause,
  type DeliveredEvent,
  type DeliveryAttempt,
} from '#contracts/delivery/delivery.records';
import { subjects } from '#contracts/subjects';
import type { Records } from '#eventing/records';
import type { RpcClient } from '#service/rpc-client';
import type { Sent } from './sender.ts';

export interface AttemptToRecord {
  readonly workspace: string;
  readonly webhook: string;
  readonly delivery: string;
  readonly event: DeliveredEvent;
  readonly cause: AttemptCause;
  readonly attempt: number;
  readonly actor: string;
  readonly correlation: string;
  readonly sent: Sent;
  /** When it is tried again, if it is. */
  readonly nextAttemptAt: string | null;
}

/** Under which purpose a response is sealed and opened. */
export const responsePurpose = (delivery: string): string => `delivery.${delivery}.response`;

/** Writes the log of deliveries. */
export class DeliveryLog {
  readonly #records: Records;
  readonly #rpc: RpcClient;

  constructor(records: Records, rpc: RpcClient) {
    this.#records = records;
    this.#rpc = rpc;
  }

  /** Resolves when the attempt is durable; gives it as it was recorded, the response's body still in cipher text. */
  async record(attempted: AttemptToRecord): Promise<DeliveryAttempt> {
    const { workspace, webhook, delivery, event, cause, attempt, actor, correlation, sent } = attempted;
    const { startedAt, durationMs, request, response, verdict } = sent;
    const body = response?.body ?? null;
    const data: DeliveryAttempt = {
      delivery,
      channel: 'webhook',
      endpoint: webhook,
      event,
      cause,
      attempt,
      state: verdict.ok ? 'delivered' : attempted.nextAttemptAt === null ? 'failed' : 'retrying',
      startedAt,
      durationMs,
      request,
      response: response && { ...response, body: body && (await this.#sealed(attempted, body)) },
      error: verdict.ok ? null : verdict.error,
      nextAttemptAt: attempted.nextAttemptAt,
    };
    const subject = subjects.delivery(workspace, webhook, event.submission ?? '_');
    const stamp = { id: uuid(), time: new Date().toISOString(), actor, correlation };
    await this.#records.record(subject, newEvent(deliveryAttemptedV1, data), stamp);
    return data;
  }

  /** What a receiver answers may repeat the answers of the submission, so it is erased with them. */
  async #sealed({ workspace, delivery, event }: AttemptToRecord, plaintext: string): Promise<string | null> {
    const place = { workspace, owner: event.submission, purpose: responsePurpose(delivery) };
    const sealed = await this.#rpc.call(seal, { ...place, plaintext }).catch(() => null);
    // An attempt without its answer is worth more than none.
    return sealed && sealed.sealed;
  }
}
