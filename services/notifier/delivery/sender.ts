import type { AttemptError } from '#contracts/delivery/delivery.records';
import type { Egress } from '#security/egress/egress';
import { digest } from '#security/digest';
import type { WebhookRecord } from '../webhook/webhook.fold.ts';
import type { WebhookCustody } from '../webhook/webhook.keys.ts';
import { judgeError, judgeStatus, type Verdict } from './verdict.ts';

/** One attempt at an endpoint, and what came of it. */
export interface Sent {
  readonly startedAt: string;
  readonly durationMs: number;
  /** Null when there was none: it could not be made. */
  readonly request: {
    readonly url: string;
    readonly headers: Record<string, string>;
    readonly bytes: number;
  } | null;
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string>;
    /** The beginning of a failed attempt's answer, as text. */
    readonly body: string | null;
  } | null;
  readonly verdict: Verdict;
}

/** Of an answer's headers those that help to find out what went wrong. */
const KEPT_HEADERS = ['content-type', 'date', 'location', 'retry-after', 'server', 'via', 'x-request-id'];
const KEPT_HEADER_LENGTH = 200;

/** The id of what tells one event to one endpoint: the same for every attempt, whatever caused it. */
export const deliveryIdOf = (webhook: string, event: string): string => `msg_${digest([webhook, event])}`;

/** An attempt that went no further than this process. */
export function unsent(error: AttemptError): Sent {
  const verdict = { ok: false, error, gone: false, throttleMs: undefined, retryAfterMs: undefined } as const;
  return { startedAt: new Date().toISOString(), durationMs: 0, request: null, response: null, verdict };
}

/** Signs and sends. What it rejects with is neither the endpoint's fault nor the network's. */
export class Sender {
  readonly #egress: Egress;
  readonly #custody: WebhookCustody;

  constructor(egress: Egress, custody: WebhookCustody) {
    this.#egress = egress;
    this.#custody = custody;
  }

  /** Has the signing keys at hand; rejects while their custodian is away. */
  async ready(record: WebhookRecord): Promise<void> {
    await this.#custody.open(record, Date.now());
  }

  /** Rejects when `signal` is aborted; an endpoint that takes longer than `totalMs` has failed. */
  async send(
    record: WebhookRecord,
    id: string,
    body: string,
    { signal, totalMs }: { signal?: AbortSignal; totalMs?: number },
  ): Promise<Sent> {
    const { url } = record.settings;
    const keys = await this.#custody.open(record, Date.now());
    const started = performance.now();
    const now = Date.now();
    const timestamp = Math.floor(now / 1000);
    const signature = keys.map(({ signer }) => signer.sign({ id, timestamp, body })).join(' ');
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Formbus-Webhooks/1.0',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
    };
    const request = {
      endpoint: record.id,
      headers: { ...headers, 'webhook-signature': signature },
      body,
      ...(signal && { signal }),
      ...(totalMs !== undefined && { totalMs }),
    };
    const answer = await this.#egress.post(url, request).then(
      ({ status, headers: answered, body: text }) => ({
        response: { status, headers: kept(answered), body: readable(text) },
        verdict: judgeStatus(status, answered['retry-after'], Date.now()),
      }),
      (error: unknown) => {
        signal?.throwIfAborted();
        return { response: null, verdict: judgeError(error) };
      },
    );
    return {
      startedAt: new Date(now).toISOString(),
      durationMs: Math.round(performance.now() - started),
      request: { url, headers, bytes: Buffer.byteLength(body) },
      ...answer,
    };
  }
}

function kept(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value.slice(0, KEPT_HEADER_LENGTH)]];
    }),
  );
}

/** Bytes that are no UTF-8 are shown as replacement characters. */
const readable = (body: Buffer | null): string | null =>
  body === null || body.length === 0 ? null : body.toString('utf8').toWellFormed();
