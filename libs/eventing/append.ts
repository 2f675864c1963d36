import { nuid } from '@nats-io/nats-core';
import { BusError } from './bus-error.ts';
import type { Bus } from './bus.ts';
import { headerLines } from './headers.ts';
import { ApiCode, ApiError } from './jetstream-api.ts';

/** The most messages that the server takes in one atomic batch. */
export const MAX_BATCH = 1000;

/** A message for the log. */
export interface WireMessage {
  readonly subject: string;
  /** Header lines, each ended by CR LF. */
  readonly headers: string;
  readonly payload: Uint8Array;
  /** The last sequence on the subject. On the first message of a subject in a batch only: later ones are refused with it. */
  readonly expect?: number;
}

/** What came of an append; it is all or nothing. */
export type AppendResult =
  /** Durable. The messages have the sequences up to `last`, without a gap. */
  | { readonly outcome: 'stored'; readonly last: number }
  /**
   * Not stored: an expectation was stale or an id is known; of a single message also where the one lies that is in its
   * way, `at`. Without it that one is in flight (`isInFlight`).
   */
  | { readonly outcome: 'conflict'; readonly cause: ApiError; readonly at?: number }
  /** Not stored: the log takes nothing at the moment. */
  | { readonly outcome: 'unavailable'; readonly cause: Error }
  /** Not stored, and it never will be. */
  | { readonly outcome: 'refused'; readonly cause: ApiError }
  /** Stored or not, now or soon: the answer was lost. */
  | { readonly outcome: 'unknown'; readonly cause: Error };

interface Ack {
  readonly seq: number;
  readonly duplicate?: boolean;
  readonly error?: { code: number; err_code: number; description: string };
}

/** Appends messages in one piece: several as an atomic batch, a single one as a plain publish. Never throws. */
export async function append(
  bus: Bus,
  messages: readonly WireMessage[],
  timeoutMs: number,
): Promise<AppendResult> {
  const what = messages[0]?.subject ?? '(nothing)';
  if (!bus.connected) return { outcome: 'unavailable', cause: new BusError('disconnected', what) };
  let ack: Ack | undefined;
  try {
    await bus.inbox.collect(what, timeoutMs, (reply) => {
      const batch = messages.length > 1 ? nuid.next() : undefined;
      for (const [index, message] of messages.entries())
        publish(bus, message, reply, batch, index, messages.length);
      return (msg) => {
        // The first message of a batch is answered with nothing, or with why there will be no batch.
        if (msg.data.length === 0) return false;
        const answer = msg.json<Ack>();
        ack = ack?.error === undefined ? answer : ack;
        return true;
      };
    });
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error));
    const unsent =
      cause instanceof BusError && (cause.failure === 'no_responders' || cause.failure === 'forbidden');
    return { outcome: unsent ? 'unavailable' : 'unknown', cause };
  }
  return judge(ack as unknown as Ack, what);
}

function publish(
  bus: Bus,
  message: WireMessage,
  reply: string,
  batch: string | undefined,
  index: number,
  count: number,
): void {
  let lines = message.headers;
  if (message.expect !== undefined) lines += `Nats-Expected-Last-Subject-Sequence: ${message.expect}\r\n`;
  if (batch !== undefined) lines += `Nats-Batch-Id: ${batch}\r\nNats-Batch-Sequence: ${index + 1}\r\n`;
  const commits = index === count - 1;
  if (batch !== undefined && commits) lines += 'Nats-Batch-Commit: 1\r\n';
  // Errors of a batch's first message (too many batches in flight) are seen only if it has a reply subject.
  const answered = index === 0 || commits;
  bus.nc.publish(message.subject, message.payload, {
    headers: headerLines(lines),
    ...(answered ? { reply } : {}),
  });
}

function judge(ack: Ack, what: string): AppendResult {
  if (ack.error === undefined) {
    if (ack.duplicate !== true) return { outcome: 'stored', last: ack.seq };
    const error = {
      code: 400,
      err_code: ApiCode.duplicateInBatch,
      description: `the id is known, at ${ack.seq}`,
    };
    return { outcome: 'conflict', cause: new ApiError(error, what), at: ack.seq };
  }
  const cause = new ApiError(ack.error, what);
  switch (cause.code) {
    case ApiCode.wrongLastSequence:
    case ApiCode.wrongLastSequenceInFlight:
    case ApiCode.duplicateInFlight:
    case ApiCode.duplicateInBatch: {
      const at = /wrong last sequence: (\d+)/.exec(ack.error.description)?.[1];
      return { outcome: 'conflict', cause, ...(at !== undefined && { at: Number(at) }) };
    }
    case ApiCode.batchIncomplete:
    case ApiCode.tooManyBatches:
    case ApiCode.tooManyRequests:
      return { outcome: 'unavailable', cause };
    default:
      return { outcome: cause.status >= 500 ? 'unavailable' : 'refused', cause };
  }
}
