import type { Pool } from 'undici';
import { NoAnswer, ProblemAnswer } from './problem-answer.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query, from the first slash on. */
  readonly path: string;
  /** Sent as JSON; a string or bytes are sent as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes a repeat of a command safe. */
  readonly idempotencyKey?: string;
  readonly ifMatch?: string;
  readonly minPosition?: string;
}

/** What the gateway answered, an error or not. */
export interface Exchange {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed where it is JSON, text otherwise. */
  readonly body: unknown;
}

/** One request and its answer. @throws NoAnswer */
export async function exchange(
  pool: Pool,
  call: Call,
  apiKey: string | undefined,
  timeoutMs: number,
): Promise<Exchange> {
  const { method, path, body } = call;
  try {
    const response = await pool.request({
      method,
      path,
      headers: headersOf(call, apiKey),
      body:
        body === undefined || typeof body === 'string' || body instanceof Uint8Array
          ? body
          : JSON.stringify(body),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const text = await response.body.text();
    const headers = flat(response.headers);
    return { status: response.statusCode, headers, body: parsed(text, headers['content-type']) };
  } catch (cause) {
    throw new NoAnswer(`${method} ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** @throws ProblemAnswer where the exchange ended in an error */
export function expectSuccess(answered: Exchange): void {
  const { status, body, headers } = answered;
  if (status >= 400) throw new ProblemAnswer(status, body, secondsOf(headers['retry-after']));
}

function headersOf(call: Call, apiKey: string | undefined): Record<string, string> {
  const optional = {
    authorization: apiKey === undefined ? undefined : `Bearer ${apiKey}`,
    'content-type': call.body === undefined ? undefined : 'application/json',
    'idempotency-key': call.idempotencyKey,
    'if-match': call.ifMatch,
    'formbus-min-position': call.minPosition,
    ...call.headers,
  };
  return Object.fromEntries(
    Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')]],
    ),
  );
}

function parsed(text: string, type: string | undefined): unknown {
  return type?.includes('json') && text !== '' ? (JSON.parse(text) as unknown) : text;
}

/** Retry-After in seconds; the gateway never gives a date. */
function secondsOf(retryAfter: string | undefined): number | undefined {
  const seconds = Number(retryAfter);
  return retryAfter !== undefined && Number.isFinite(seconds) ? seconds : undefined;
}
