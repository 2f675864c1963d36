import { BusError } from './bus-error.ts';
import type { Bus } from './bus.ts';
import { eventName } from './catalog.ts';
import type { Codec } from './codec.ts';
import { asError, startDecoding } from './decoding.ts';
import type { RawMessage } from './direct-get.ts';
import { ApiError } from './jetstream-api.ts';
import type { KeySource } from './keyring.ts';
import { AheadOfLog, Reader, ReaderLost } from './reader.ts';
import type { StoredEvent } from './stored-event.ts';
import type { LogStream } from './streams.ts';
import { pause } from './pause.ts';

export interface FollowOptions {
  /** Subjects of `evt.>`; with `key.>` among them, data keys pass by before their events and need not be fetched. */
  readonly filters: readonly string[];
  /** Read from the sequence after this one. */
  readonly after: number;
  readonly signal: AbortSignal;
  /** Events in one batch at most, 1,000 by default. */
  readonly maxBatch?: number;
  /**
   * Full types of which events are wanted, in any version; the others are neither decoded nor given. Events of an
   * unknown version of a wanted name are given with `known: false`.
   */
  readonly types?: readonly string[];
}

export interface LogBatch {
  readonly events: readonly StoredEvent[];
  /** The checkpoint after this batch: the reader's last sequence, events or not. */
  readonly lastSeq: number;
  /** Messages on the filters that were still to come, as of the batch's delivery. */
  readonly pending: number;
}

export interface FollowDeps {
  readonly bus: Bus;
  readonly stream: LogStream;
  readonly codec: Codec;
  readonly keys?: KeySource;
}

const RETRY_MS = 250;

/**
 * Every event on the filters in order, once, across reconnects and restarts of the server, until the signal aborts.
 * A reader that starts with nothing before it gets one empty batch, and so does one for which the last messages that
 * were still to come are gone, expired or superseded. Throws `UndecodableEvent` after a batch that
 * ends right before that event, and {@link AheadOfLog} when the log is shorter than `after`.
 */
export async function* follow(
  deps: FollowDeps,
  options: FollowOptions,
): AsyncGenerator<LogBatch, void, void> {
  const { bus, stream } = deps;
  const { filters, signal, maxBatch = 1000 } = options;
  const names = options.types === undefined ? undefined : new Set(options.types.map(eventName));
  let last = options.after;
  let started = false;
  while (!signal.aborted) {
    let reader: Reader | undefined;
    try {
      await bus.whenConnected(signal);
      reader = await Reader.open(bus, stream, filters, last + 1, 2 * maxBatch);
      if (!started && reader.pending === 0) yield { events: [], lastSeq: last, pending: 0 };
      started = true;
      for (;;) {
        const taken = await reader.take(maxBatch, signal);
        if (taken === undefined) return;
        if (taken.messages.length === 0) yield { events: [], lastSeq: last, pending: 0 };
        const { batch, failure } = await decodeBatch(deps, taken, names);
        if (batch !== undefined) {
          yield batch;
          last = batch.lastSeq;
        }
        if (failure !== undefined) throw failure;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isPassing(error)) throw error;
      bus.logger.warn({ err: error, stream, filters, after: last }, 'a reader of the log starts again');
    } finally {
      await reader?.close();
    }
    await pause(RETRY_MS, signal);
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof AheadOfLog) return false;
  return (
    error instanceof ReaderLost ||
    error instanceof BusError ||
    (error instanceof ApiError && error.status >= 500)
  );
}

/** Decodes side by side, keeps the order. Of a batch with a faulty event: what lies before it, and the failure. */
async function decodeBatch(
  deps: FollowDeps,
  { messages, pending }: { messages: RawMessage[]; pending: number },
  names: ReadonlySet<string> | undefined,
): Promise<{ batch?: LogBatch; failure?: Error }> {
  const decoding = messages.map((message) => start(deps, message, names));
  const events: StoredEvent[] = [];
  for (const [index, slot] of decoding.entries()) {
    try {
      const event = slot instanceof Promise ? await slot : slot;
      if (event !== undefined) events.push(event);
    } catch (cause) {
      const failure = asError(cause);
      const before = messages[index - 1];
      if (before === undefined) return { failure };
      return { batch: { events, lastSeq: before.seq, pending: pending + messages.length - index }, failure };
    }
  }
  const last = messages.at(-1);
  return last === undefined ? {} : { batch: { events, lastSeq: last.seq, pending } };
}

/** Nothing for a key and for an event that is not wanted. */
function start(
  { codec, keys }: FollowDeps,
  message: RawMessage,
  names: ReadonlySet<string> | undefined,
): StoredEvent | Promise<StoredEvent> | undefined {
  if (message.subject.startsWith('key.')) {
    keys?.observe(message.subject, message.payload);
    return undefined;
  }
  return isWanted(message, names) ? startDecoding(codec, message) : undefined;
}

function isWanted(message: RawMessage, names: ReadonlySet<string> | undefined): boolean {
  if (names === undefined) return true;
  const type = message.headers.get('ce-type');
  return type === undefined || names.has(eventName(type));
}
