import type { EventDefinition, Upcaster } from '#contracts/event';
import type { Bus } from './bus.ts';
import { Catalog } from './catalog.ts';
import { Codec } from './codec.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { createExecutor, type Executor } from './executor.ts';
import { Keyring } from './keyring.ts';
import { ensureTopology, type TopologyOptions } from './topology.ts';

export interface EventingOptions {
  readonly bus: Bus;
  readonly events: readonly EventDefinition[];
  readonly upcasters: readonly Upcaster[];
  /** `ce-source` of what this service appends, `/formbus/forms`. */
  readonly source: string;
  /** 32 bytes; for the custodian of keys alone. Without it, events with sealed fields can be neither written nor read. */
  readonly masterKey?: Uint8Array;
  readonly topology?: TopologyOptions;
}

/** Everything of one service, wired up over one connection. */
export interface Eventing {
  readonly bus: Bus;
  readonly epoch: string;
  readonly codec: Codec;
  readonly log: EventLog;
  readonly executor: Executor;
  readonly keyring?: Keyring;
}

/** Makes sure of the streams, then wires up codec, keys, log and executor. */
export async function openEventing({
  bus,
  events,
  upcasters,
  source,
  masterKey,
  topology,
}: EventingOptions): Promise<Eventing> {
  const { epoch } = await ensureTopology(bus, topology);
  const keyring = masterKey === undefined ? undefined : new Keyring({ bus, masterKey });
  const codec = new Codec({
    catalog: new Catalog(events, upcasters),
    epoch,
    source,
    ...(keyring && { keys: keyring }),
  });
  const log = createEventLog({ bus, codec, epoch, ...(keyring && { keys: keyring }) });
  const executor = createExecutor({ bus, log, codec, ...(keyring && { keyring }) });
  return { bus, epoch, codec, log, executor, ...(keyring && { keyring }) };
}
