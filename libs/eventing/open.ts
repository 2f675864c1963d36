import type { EventDefinition, Upcaster } from '#contracts/event';
import type { Bus } from './bus.ts';
import { Catalog } from './catalog.ts';
import { Codec } from './codec.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { createExecutor, type Executor } from './executor.ts';
import { Keyring } from './keyring.ts';
import { ensureTopology, type TopologyOptions } from './topology.ts';

export interface OpenOptions {
  readonly events: readonly EventDefinition[];
  readonly upcasters: readonly Upcaster[];
  /** `ce-source` of what this service appends, `/formbus/forms`. */
  readonly source: string;
  /** 32 bytes; for the custodian of keys alone. Without it, sealed fields can be neither written nor read. */
  readonly masterKey?: Uint8Array;
  readonly topology?: TopologyOptions;
}

export interface OpenedLog {
  readonly log: EventLog;
  readonly executor: Executor;
  readonly codec: Codec;
  readonly keyring?: Keyring;
}

/** Makes sure that the streams are as they must be, and gives the log to read and to append to. */
export function openLog(
  bus: Bus,
  options: OpenOptions & Required<Pick<OpenOptions, 'masterKey'>>,
): Promise<OpenedLog & Required<Pick<OpenedLog, 'keyring'>>>;
export function openLog(bus: Bus, options: OpenOptions): Promise<OpenedLog>;
export async function openLog(
  bus: Bus,
  { events, upcasters, source, masterKey, topology }: OpenOptions,
): Promise<OpenedLog> {
  const { epoch } = await ensureTopology(bus, topology);
  const keyring = masterKey && new Keyring({ bus, masterKey });
  const keys = keyring ? { keys: keyring } : {};
  const codec = new Codec({ catalog: new Catalog(events, upcasters), epoch, source, ...keys });
  const log = createEventLog({ bus, codec, epoch, ...keys });
  const executor = createExecutor({ bus, log, codec, ...(keyring && { keyring }) });
  return { log, executor, codec, ...(keyring && { keyring }) };
}
