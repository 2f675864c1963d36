import type { ConsumerInfo, StreamInfo } from '@nats-io/jetstream';
import type { Bus } from './bus.ts';
import { ApiCode, isApiError, jetStream } from './jetstream-api.ts';

/** How it stands with one stream. */
export interface StreamStatus {
  readonly name: string;
  readonly description: string;
  readonly subjects: readonly string[];
  /** `limits`: messages stay until they are too old; `workqueue`: until they are done. */
  readonly retention: string;
  readonly messages: number;
  readonly bytes: number;
  readonly consumers: number;
  /** The oldest and the newest message; null while there is none. */
  readonly first: StreamEnd | null;
  readonly last: StreamEnd | null;
}

export interface StreamEnd {
  readonly seq: number;
  readonly time: string;
}

/** How it stands with one reader of a stream. */
export interface ConsumerStatus {
  readonly name: string;
  /** Whether it stays when nobody reads; the others are of readers that are there now. */
  readonly durable: boolean;
  readonly filters: readonly string[];
  /** Messages that it was not given yet. */
  readonly pending: number;
  /** Messages that were given out and are not acknowledged. */
  readonly unacknowledged: number;
  /** Of those, how many were given out more than once. */
  readonly redelivered: number;
  readonly paused: boolean;
  /** Requests for messages that wait at the server: 0 when nobody reads. */
  readonly waiting: number;
}

/** Every stream of the account, by name. */
export async function streamStatuses(bus: Bus): Promise<StreamStatus[]> {
  const found = await pages<StreamInfo, 'streams'>(bus, 'STREAM.LIST', 'streams');
  return found.map(streamOf).sort(byName);
}

/** One stream with its consumers, durable ones first; undefined when there is none of that name. */
export async function streamStatus(
  bus: Bus,
  name: string,
): Promise<{ stream: StreamStatus; consumers: ConsumerStatus[] } | undefined> {
  // What can't be a name is a subject of its own to the server, which nobody answers.
  if (!/^[A-Za-z0-9_-]+$/.test(name)) return undefined;
  try {
    const info = await jetStream<StreamInfo>(bus, `STREAM.INFO.${name}`);
    const consumers = await pages<ConsumerInfo, 'consumers'>(bus, `CONSUMER.LIST.${name}`, 'consumers');
    return {
      stream: streamOf(info),
      consumers: consumers
        .map(consumerOf)
        .sort((one, other) => Number(other.durable) - Number(one.durable) || byName(one, other)),
    };
  } catch (error) {
    if (isApiError(error, ApiCode.streamNotFound)) return undefined;
    throw error;
  }
}

const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : 1;

/** The server lists 256 at a time. */
async function pages<Item, Field extends string>(bus: Bus, what: string, field: Field): Promise<Item[]> {
  const found: Item[] = [];
  for (;;) {
    const page = await jetStream<{ total: number } & Partial<Record<Field, Item[] | null>>>(bus, what, {
      offset: found.length,
    });
    const items = page[field] ?? [];
    found.push(...items);
    if (items.length === 0 || found.length >= page.total) return found;
  }
}

function streamOf({ config, state }: StreamInfo): StreamStatus {
  const end = (seq: number, time: string): StreamEnd | null => (state.messages === 0 ? null : { seq, time });
  return {
    name: config.name,
    description: config.description ?? '',
    subjects: config.subjects,
    retention: config.retention,
    messages: state.messages,
    bytes: state.bytes,
    consumers: state.consumer_count,
    first: end(state.first_seq, String(state.first_ts)),
    last: end(state.last_seq, String(state.last_ts)),
  };
}

function consumerOf(info: ConsumerInfo): ConsumerStatus {
  const { config } = info;
  return {
    name: info.name,
    durable: config.durable_name !== undefined,
    filters: config.filter_subjects ?? (config.filter_subject === undefined ? [] : [config.filter_subject]),
    pending: info.num_pending,
    unacknowledged: info.num_ack_pending,
    redelivered: info.num_redelivered,
    paused: info.paused === true,
    waiting: info.num_waiting,
  };
}
