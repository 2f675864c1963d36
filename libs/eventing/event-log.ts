import type { Bus } from './bus.ts';
import type { Codec } from './codec.ts';
import { startDecoding } from './decoding.ts';
import { directAt, directPages, leaderGet } from './direct-get.ts';
import { follow, type FollowOptions, type LogBatch } from './follow.ts';
import { jetStream } from './jetstream-api.ts';
import type { KeySource } from './keyring.ts';
import type { StoredEvent } from './stored-event.ts';
import { EVENTS_STREAM, type LogStream } from './streams.ts';

export type { FollowOptions, LogBatch } from './follow.ts';

/** A log as it is read: that of events, or one of records. Everything rejects with `bus_unavailable` at once while the server is away. */
export interface EventLog {
  readonly stream: LogStream;
  readonly epoch: string;
  /** The events of one aggregate in order, from `after` on (0). Answered by any replica: one that lags gives fewer. */
  read(subject: string, after?: number): Promise<StoredEvent[]>;
  /** The event of one sequence; undefined where there is none. */
  at(seq: number): Promise<StoredEvent | undefined>;
  /** The last sequence in the log, by its leader. */
  lastSeq(): Promise<number>;
  /** The last sequence on one subject, by the log's leader; 0 when there is none. */
  tail(subject: string): Promise<number>;
  /** Whether there is a message on these subjects with `after` < seq <= `upTo`, by the log's leader. */
  hasPending(filters: readonly string[], after: number, upTo: number): Promise<boolean>;
  /** Every event on the filters, in order, once, for as long as the signal allows; see `follow`. */
  follow(options: FollowOptions): AsyncIterable<LogBatch>;
}

/** One direct get answers with this many messages at most. */
const READ_BATCH = 1000;

export interface EventLogDeps {
  readonly bus: Bus;
  readonly codec: Codec;
  readonly epoch: string;
  readonly keys?: KeySource;
  /** EVENTS by default. */
  readonly stream?: LogStream;
}

export function createEventLog({ bus, codec, epoch, keys, stream = EVENTS_STREAM }: EventLogDeps): EventLog {
  return {
    stream,
    epoch,

    async read(subject, after = 0) {
      const decoding: (StoredEvent | Promise<StoredEvent>)[] = [];
      const place = { seq: after + 1, subject, batch: READ_BATCH };
      for await (const messages of directPages(bus, stream, place))
        for (const message of messages) decoding.push(startDecoding(codec, message));
      return await Promise.all(decoding.map((event) => Promise.resolve(event)));
    },

    async at(seq) {
      // Sequences begin with 1. A replica that lags may miss what the leader has.
      const found =
        seq < 1 ? undefined : ((await directAt(bus, stream, seq)) ?? (await leaderGet(bus, stream, { seq })));
      const isEvent = found !== undefined && !found.subject.startsWith('key.');
      return isEvent ? await codec.decode(found) : undefined;
    },

    async lastSeq() {
      const { state } = await jetStream<{ state: { last_seq: number } }>(bus, `STREAM.INFO.${stream}`);
      return state.last_seq;
    },

    async tail(subject) {
      return (await leaderGet(bus, stream, { last_by_subj: subject }))?.seq ?? 0;
    },

    async hasPending(filters, after, upTo) {
      if (upTo <= after) return false;
      const next = await Promise.all(
        filters.map((filter) => leaderGet(bus, stream, { seq: after + 1, next_by_subj: filter })),
      );
      return next.some((message) => message !== undefined && message.seq <= upTo);
    },

    follow: (options) => follow({ bus, stream, codec, ...(keys && { keys }) }, options),
  };
}
