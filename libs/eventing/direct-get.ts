import type { Msg } from '@nats-io/nats-core';
import { BusError } from './bus-error.ts';
import type { Bus } from './bus.ts';
import { readHeaders, splitHeaders } from './headers.ts';
import { ApiCode, ApiError, jetStream } from './jetstream-api.ts';

const TIMEOUT_MS = 5000;

/** A message as the log holds it. */
export interface RawMessage {
  readonly seq: number;
  readonly subject: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Uint8Array;
}

/**
 * Up to `batch` messages on one subject (or filter) from `seq` on, in order, answered by any replica: one that lags
 * gives an older state. `more` says whether the subject goes on. One request, no subscription of its own.
 */
export async function directGet(
  bus: Bus,
  stream: string,
  request: { seq: number; subject: string; batch: number },
): Promise<{ messages: RawMessage[]; more: boolean }> {
  const api = `$JS.API.DIRECT.GET.${stream}`;
  if (!bus.connected) throw new BusError('disconnected', api);
  const messages: RawMessage[] = [];
  let more = false;
  const payload = JSON.stringify({ seq: request.seq, next_by_subj: request.subject, batch: request.batch });
  await bus.inbox.collect(api, TIMEOUT_MS, (reply) => {
    bus.nc.publish(api, payload, { reply });
    return (msg) => {
      const headers = readHeaders(msg);
      if (msg.data.length === 0 && !headers.has('Nats-Sequence')) {
        more = endOfBatch(msg, headers);
        return true;
      }
      messages.push(rawMessage(msg, headers));
      return false;
    };
  });
  return { messages, more };
}

/** The last message on a literal subject, answered by any replica; undefined when that replica has none. */
export async function directLast(bus: Bus, stream: string, subject: string): Promise<RawMessage | undefined> {
  const msg = await bus.request(`$JS.API.DIRECT.GET.${stream}.${subject}`, new Uint8Array(), {
    timeoutMs: TIMEOUT_MS,
  });
  const headers = readHeaders(msg);
  if (headers.has('Nats-Sequence')) return rawMessage(msg, headers);
  endOfBatch(msg, headers);
  return undefined;
}

/** False at 404, whether more follows at the end of a batch (204); anything else is thrown. */
function endOfBatch(msg: Msg, headers: ReadonlyMap<string, string>): boolean {
  const code = msg.headers?.code;
  if (code === 404) return false;
  if (code === 204) return Number(headers.get('Nats-Num-Pending') ?? 0) > 0;
  throw new Error(`a direct get was refused: ${msg.headers?.status ?? 'no status'}`);
}

function rawMessage(msg: Msg, headers: ReadonlyMap<string, string>): RawMessage {
  return {
    seq: Number(headers.get('Nats-Sequence')),
    subject: headers.get('Nats-Subject') ?? '',
    headers,
    payload: msg.data,
  };
}

type LeaderQuery = { last_by_subj: string } | { seq: number; next_by_subj: string };

/** One message, answered by the stream's leader; undefined when the leader has none. */
export async function leaderGet(
  bus: Bus,
  stream: string,
  query: LeaderQuery,
): Promise<RawMessage | undefined> {
  try {
    const { message } = await jetStream<{
      message: { subject: string; seq: number; hdrs?: string; data?: string };
    }>(bus, `STREAM.MSG.GET.${stream}`, query);
    return {
      seq: message.seq,
      subject: message.subject,
      headers:
        message.hdrs === undefined
          ? new Map()
          : splitHeaders(Buffer.from(message.hdrs, 'base64').toString('utf8')),
      payload: Buffer.from(message.data ?? '', 'base64'),
    };
  } catch (error) {
    if (error instanceof ApiError && error.code === ApiCode.messageNotFound) return undefined;
    throw error;
  }
}
