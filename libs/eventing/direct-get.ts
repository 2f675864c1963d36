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
 * Up to `batch` messages on one subject (or filter) from `seq` or an instant on, in order, answered by any replica: one that lags
 * gives an older state. `pending` says how many follow, `more` whether any do. One request, no subscription of its own.
 */
export async function directGet(
  bus: Bus,
  stream: string,
  request:
    { seq: number; subject: string; batch: number } | { since: string; subject: string; batch: number },
): Promise<{ messages: RawMessage[]; more: boolean; pending: number }> {
  const api = `$JS.API.DIRECT.GET.${stream}`;
  if (!bus.connected) throw new BusError('disconnected', api);
  const messages: RawMessage[] = [];
  let pending = 0;
  const { subject, batch } = request;
  const from = 'seq' in request ? { seq: request.seq } : { start_time: request.since };
  const payload = JSON.stringify({ ...from, next_by_subj: subject, batch });
  await bus.inbox.collect(api, TIMEOUT_MS, (reply) => {
    bus.nc.publish(api, payload, { reply });
    return (msg) => {
      const headers = readHeaders(msg);
      if (msg.data.length === 0 && !headers.has('Nats-Sequence')) {
        pending = endOfBatch(msg, headers);
        return true;
      }
      messages.push(rawMessage(msg, headers));
      return false;
    };
  });
  return { messages, more: pending > 0, pending };
}

/** What lies on one subject (or filter) from `seq` on, as {@link directGet} gives it, page by page. */
export async function* directPages(
  bus: Bus,
  stream: string,
  { seq, ...rest }: { seq: number; subject: string; batch: number },
): AsyncGenerator<readonly RawMessage[], void, undefined> {
  for (let [from, more] = [seq, true]; more;) {
    const page = await directGet(bus, stream, { seq: from, ...rest });
    yield page.messages;
    from = (page.messages.at(-1)?.seq ?? from) + 1;
    more = page.more;
  }
}

/** The last message on a literal subject, answered by any replica; undefined when that replica has none. */
export const directLast = (bus: Bus, stream: string, subject: string): Promise<RawMessage | undefined> =>
  directOne(bus, `$JS.API.DIRECT.GET.${stream}.${subject}`, new Uint8Array());

/** The message of a sequence, answered by any replica; undefined when that replica has none. */
export const directAt = (bus: Bus, stream: string, seq: number): Promise<RawMessage | undefined> =>
  directOne(bus, `$JS.API.DIRECT.GET.${stream}`, Buffer.from(JSON.stringify({ seq })));

async function directOne(bus: Bus, api: string, request: Uint8Array): Promise<RawMessage | undefined> {
  const msg = await bus.request(api, request, { timeoutMs: TIMEOUT_MS });
  const headers = readHeaders(msg);
  if (headers.has('Nats-Sequence')) return rawMessage(msg, headers);
  endOfBatch(msg, headers);
  return undefined;
}

/** How many follow at the end of a batch (204), none at 404; anything else is thrown. */
function endOfBatch(msg: Msg, headers: ReadonlyMap<string, string>): number {
  const code = msg.headers?.code;
  if (code === 404) return 0;
  if (code === 204) return Number(headers.get('Nats-Num-Pending') ?? 0);
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

type LeaderQuery = { last_by_subj: string } | { seq: number; next_by_subj?: string };

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
