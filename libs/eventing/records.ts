import type { DomainEvent, EventDefinition, Upcaster } from '#contracts/event';
import { RECORD_UPCASTERS, RECORDS } from '#contracts/records';
import { BatchPublisher, type Published } from './batch-publisher.ts';
import type { Bus } from './bus.ts';
import { Catalog } from './catalog.ts';
import { Codec, type Stamp } from './codec.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import type { DELIVERIES_STREAM, TASK_EVENTS_STREAM } from './streams.ts';
import { ensureTopology, type TopologyOptions } from './topology.ts';

export type RecordStream = typeof TASK_EVENTS_STREAM | typeof DELIVERIES_STREAM;

export interface OpenRecordsOptions {
  readonly stream: RecordStream;
  /** `ce-source` of what this service records, `/formbus/notifier`. */
  readonly source: string;
  /** Those of `contracts/records.ts` by default. */
  readonly events?: readonly EventDefinition[];
  readonly upcasters?: readonly Upcaster[];
  /** Records that may wait to be stored; 50,000 by default. */
  readonly maxWaiting?: number;
  readonly topology?: TopologyOptions;
}

/** What a record's envelope needs. Its `id` is that of what happened: recorded twice within minutes, it is stored once. */
export interface RecordStamp extends Omit<Stamp, 'subject' | 'version'> {
  /** Of what is recorded on the subject: 1, 2, 3 ...; 1 by default. */
  readonly version?: number;
}

/** A stream of records: events of the same envelope as those of the log, kept for a while and decided by nobody. */
export interface Records {
  /** Read as the log is. Positions are of an epoch of its own; what the stream has forgotten is not given. */
  readonly log: EventLog;
  /**
   * Resolves when the record is durable; those of concurrent calls are stored together, in the order of the calls.
   * Rejects as {@link BatchPublisher.publish} does, and when the event does not fit its schema.
   */
  record(subject: string, event: DomainEvent, stamp: RecordStamp): Promise<Published>;
  /** Takes no more records, and resolves when those at hand are answered. */
  drain(): Promise<void>;
}

/** Makes sure that the streams are as they must be, and gives one of records to read and to write. */
export async function openRecords(bus: Bus, options: OpenRecordsOptions): Promise<Records> {
  const { stream, source, events = RECORDS, upcasters = RECORD_UPCASTERS, topology, maxWaiting } = options;
  const { epoch } = await ensureTopology(bus, { ...topology, log: stream });
  const codec = new Codec({ catalog: new Catalog(events, upcasters), epoch, source });
  const publisher = new BatchPublisher({ bus, stream, ...(maxWaiting !== undefined && { maxWaiting }) });
  return {
    log: createEventLog({ bus, codec, epoch, stream }),

    async record(subject, event, { version = 1, ...stamp }) {
      const { headers, payload } = codec.encode(
        codec.check(event),
        { ...stamp, subject, version },
        undefined,
      );
      return await publisher.publish({ subject, headers, payload });
    },

    drain: () => publisher.drain(),
  };
}
