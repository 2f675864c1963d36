import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from './bus.ts';
import { headerLines } from './headers.ts';

const EMPTY = new Uint8Array();
const TIMEOUT_MS = 5000;
/** For so long is waited for a write in flight before the next look: a sync of a replica's disk or two. */
export const IN_FLIGHT_PAUSE_MS = 10;

/** An error that JetStream answered with: the request was understood and refused. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP-like: 4xx for the request, 5xx for the server's state. */
  readonly status: number;
  /** The server's own number of the error, stable over releases. */
  readonly code: number;

  constructor(error: { code: number; err_code: number; description: string }, what: string) {
    super(`${what}: ${error.description} (${error.err_code})`);
    this.status = error.code;
    this.code = error.err_code;
  }
}

/** The server's `err_code`s that Formbus acts on. */
export const ApiCode = {
  consumerNotFound: 10014,
  messageNotFound: 10037,
  messageNotDeleted: 10057,
  streamNotFound: 10059,
  streamNameInUse: 10058,
  wrongLastSequence: 10071,
  /** On a replicated stream only, as is the next one. */
  wrongLastSequenceInFlight: 10164,
  duplicateInFlight: 10158,
  duplicateInBatch: 10201,
  batchIncomplete: 10176,
  tooManyBatches: 10210,
  tooManyRequests: 10167,
} as const;

interface ApiReply {
  readonly error?: { code: number; err_code: number; description: string };
}

/** One request to `$JS.API.<what>`. Rejects with {@link ApiError}, or `BusError` when there is no answer. */
export async function jetStream<Reply>(bus: Bus, what: string, request?: unknown): Promise<Reply> {
  const payload = request === undefined ? EMPTY : Buffer.from(JSON.stringify(request));
  const msg = await bus.request(`$JS.API.${what}`, payload, { timeoutMs: TIMEOUT_MS });
  const reply = msg.json<Reply & ApiReply>();
  if (reply.error !== undefined) throw new ApiError(reply.error, what);
  return reply;
}

/**
 * Publishes one message to whichever stream takes its subject, and waits until it is stored, or another one of its id.
 * Rejects with {@link ApiError} when the stream refuses it, and with `BusError` when there is no answer: then it may be
 * stored.
 *
 * @param headers - lines, each ended by CR LF
 */
export async function store(
  bus: Bus,
  subject: string,
  { headers, payload, timeoutMs = TIMEOUT_MS }: { headers: string; payload: Uint8Array; timeoutMs?: number },
): Promise<{ seq: number; duplicate?: boolean }> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const reply = await bus.request(subject, payload, { headers: headerLines(headers), timeoutMs });
    const ack = reply.json<{ seq: number; duplicate?: boolean } & ApiReply>();
    if (ack.error === undefined) return ack;
    const error = new ApiError(ack.error, subject);
    if (error.code !== ApiCode.duplicateInFlight || performance.now() > deadline) throw error;
    await landed(error);
  }
}

export const isApiError = (error: unknown, code: number): boolean =>
  error instanceof ApiError && error.code === code;

/**
 * Whether a write was refused because something else stands where it expected what its writer knew, or is in flight to
 * there ({@link isInFlight}).
 */
export const isStale = (error: unknown): boolean =>
  isApiError(error, ApiCode.wrongLastSequence) || isApiError(error, ApiCode.wrongLastSequenceInFlight);

/**
 * Whether a write was refused because another one to the same subject or with the same id is on its way to the replicas:
 * nobody can read that one yet, and it may still fail.
 */
export const isInFlight = (error: unknown): boolean =>
  isApiError(error, ApiCode.wrongLastSequenceInFlight) || isApiError(error, ApiCode.duplicateInFlight);

/** Gives what was in a write's way a moment to land, so that the next look sees it; at once when it is there already. */
export async function landed(error: unknown): Promise<void> {
  if (isInFlight(error)) await delay(IN_FLIGHT_PAUSE_MS);
}
