import { isDeepStrictEqual } from 'node:util';
import type { ConsumerConfig } from '@nats-io/jetstream';
import type { Bus } from './bus.ts';
import { ApiCode, isApiError, jetStream } from './jetstream-api.ts';

const NANOS = 1_000_000;

export interface DurableSpec {
  readonly stream: string;
  /** One token: letters, digits, `-`, `_`. */
  readonly durable: string;
  readonly filters: readonly string[];
  /**
   * Where a durable that does not exist yet starts, `after` a sequence or at an instant; one that exists goes on from
   * where it is.
   */
  readonly from: 'beginning' | 'now' | { readonly after: number } | { readonly since: string };
  readonly ackWaitMs: number;
  /** Messages handed out and not yet answered, over all processes; those that wait for a retry count. */
  readonly maxAckPending: number;
  /** Messages come without their payloads. */
  readonly headersOnly?: boolean;
}

/**
 * Creates a durable consumer, or brings an existing one to its spec. One that is as it must be is not written: a write
 * takes along what was read before, and so would undo a pause that came in between.
 */
export async function ensureDurable(bus: Bus, spec: DurableSpec): Promise<void> {
  const wanted: Partial<ConsumerConfig> = {
    durable_name: spec.durable,
    name: spec.durable,
    filter_subjects: [...spec.filters],
    ack_policy: 'explicit',
    ack_wait: spec.ackWaitMs * NANOS,
    // Attempts are counted here: at a limit of the server's, a message would stay without a word.
    max_deliver: -1,
    max_ack_pending: spec.maxAckPending,
    ...(spec.headersOnly === true && { headers_only: true }),
  };
  const found = await durableConfig(bus, spec);
  if (found !== undefined && holds(found, wanted)) return;
  await jetStream(bus, `CONSUMER.CREATE.${spec.stream}.${spec.durable}`, {
    stream_name: spec.stream,
    action: '',
    config: { ...(found ?? startOf(spec.from)), ...wanted },
  });
}

const holds = (found: ConsumerConfig, wanted: Partial<ConsumerConfig>): boolean =>
  Object.entries(wanted).every(([field, value]) =>
    isDeepStrictEqual(found[field as keyof ConsumerConfig], value),
  );

/** Whether there is such a durable consumer. */
export const hasDurable = async (bus: Bus, stream: string, durable: string): Promise<boolean> =>
  (await durableConfig(bus, { stream, durable })) !== undefined;

async function durableConfig(
  bus: Bus,
  { stream, durable }: Pick<DurableSpec, 'stream' | 'durable'>,
): Promise<ConsumerConfig | undefined> {
  try {
    return (await jetStream<{ config: ConsumerConfig }>(bus, `CONSUMER.INFO.${stream}.${durable}`)).config;
  } catch (error) {
    if (isApiError(error, ApiCode.consumerNotFound)) return undefined;
    throw error;
  }
}

function startOf(from: DurableSpec['from']): Partial<ConsumerConfig> {
  if (from === 'beginning') return { deliver_policy: 'all' };
  if (from === 'now') return { deliver_policy: 'new' };
  if ('since' in from) return { deliver_policy: 'by_start_time', opt_start_time: from.since };
  return { deliver_policy: 'by_start_sequence', opt_start_seq: from.after + 1 };
}

/** Deletes a durable consumer with its place in the stream; one that is gone already is fine. */
export async function deleteDurable(bus: Bus, stream: string, durable: string): Promise<void> {
  await jetStream(bus, `CONSUMER.DELETE.${stream}.${durable}`).catch((error: unknown) => {
    if (!isApiError(error, ApiCode.consumerNotFound)) throw error;
  });
}

/** The names of a stream's durable consumers that begin with `prefix`. */
export async function durablesOf(bus: Bus, stream: string, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (let offset = 0, total = 1; offset < total;) {
    const page = await jetStream<{ consumers: string[] | null; total: number }>(
      bus,
      `CONSUMER.NAMES.${stream}`,
      { offset },
    );
    const names = page.consumers ?? [];
    found.push(...names.filter((name) => name.startsWith(prefix)));
    if (names.length === 0) break;
    total = page.total;
    offset += names.length;
  }
  return found;
}

/**
 * Has a durable consumer deliver again, in order, whatever lies behind the first message that was not acknowledged,
 * acknowledged or not. Gives the sequence up to which all is acknowledged.
 */
export async function rewindDurable(bus: Bus, stream: string, durable: string): Promise<number> {
  const reset = await jetStream<{ ack_floor: { stream_seq: number } }>(
    bus,
    `CONSUMER.RESET.${stream}.${durable}`,
  );
  return reset.ack_floor.stream_seq;
}
