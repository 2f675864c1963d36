import type { ConsumerConfig } from '@nats-io/jetstream';
import type { Bus } from './bus.ts';
import { ApiCode, isApiError, jetStream } from './jetstream-api.ts';

const NANOS = 1_000_000;

export interface DurableSpec {
  readonly stream: string;
  /** One token: letters, digits, `-`, `_`. */
  readonly durable: string;
  readonly filters: readonly string[];
  /** Where a durable that does not exist yet starts; one that exists goes on from where it is. */
  readonly from: 'beginning' | 'now';
  readonly ackWaitMs: number;
  /** Messages handed out and not yet answered, over all processes; those that wait for a retry count. */
  readonly maxAckPending: number;
}

/** Creates a durable consumer, or brings an existing one to its spec. */
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
    deliver_policy: spec.from === 'beginning' ? 'all' : 'new',
  };
  const found = await durableConfig(bus, spec);
  const start =
    found === undefined ? {} : { deliver_policy: found.deliver_policy, opt_start_seq: found.opt_start_seq };
  await jetStream(bus, `CONSUMER.CREATE.${spec.stream}.${spec.durable}`, {
    stream_name: spec.stream,
    action: '',
    config: { ...found, ...wanted, ...start },
  });
}

async function durableConfig(
  bus: Bus,
  { stream, durable }: DurableSpec,
): Promise<ConsumerConfig | undefined> {
  try {
    return (await jetStream<{ config: ConsumerConfig }>(bus, `CONSUMER.INFO.${stream}.${durable}`)).config;
  } catch (error) {
    if (isApiError(error, ApiCode.consumerNotFound)) return undefined;
    throw error;
  }
}
