import { EVENTS, UPCASTERS } from '#contracts/catalog';
import type { Bus } from '#eventing/bus';
import { Catalog } from '#eventing/catalog';
import { Codec } from '#eventing/codec';
import { createEventLog, type EventLog } from '#eventing/event-log';
import { ApiCode, isApiError, jetStream } from '#eventing/jetstream-api';
import { Keyring, type KeySource } from '#eventing/keyring';
import { EVENTS_STREAM } from '#eventing/streams';
import { findLog } from '#eventing/topology';
import { NotFound } from './exit-code.ts';

const SOURCE = '/formbus/cli';

/** Every event is read as an erased one is: what is in clear alone. */
const NO_KEYS: KeySource = { dataKey: () => 'erased', observe: () => undefined };

/**
 * The log to read from, which changes nothing on the server. Without the master key sealed fields stay shut, and every
 * event that has some says that it is erased.
 *
 * @throws NotFound where there is no log
 */
export async function openLogToRead(bus: Bus, masterKey?: Uint8Array): Promise<EventLog> {
  const info = await findLog(bus, EVENTS_STREAM);
  if (info === undefined) throw new NotFound('this bus has no stream EVENTS: no Formbus has ever run on it');
  const keys = masterKey === undefined ? NO_KEYS : new Keyring({ bus, masterKey });
  const codec = new Codec({ catalog: CATALOG, epoch: info.epoch, source: SOURCE, keys });
  return createEventLog({ bus, codec, epoch: info.epoch, keys });
}

const CATALOG = new Catalog(EVENTS, UPCASTERS);

/** The names of an event's fields that are encrypted in the log. */
export const sealedFields = (type: string): readonly string[] => [...(CATALOG.get(type)?.sealed ?? [])];

/** The sequence before the first message that was stored at that time or later. */
export async function sequenceBefore(bus: Bus, instant: string): Promise<number> {
  try {
    const { message } = await jetStream<{ message: { seq: number } }>(
      bus,
      `STREAM.MSG.GET.${EVENTS_STREAM}`,
      {
        start_time: new Date(instant).toISOString(),
      },
    );
    return message.seq - 1;
  } catch (error) {
    if (!isApiError(error, ApiCode.messageNotFound)) throw error;
    const { state } = await jetStream<{ state: { last_seq: number } }>(bus, `STREAM.INFO.${EVENTS_STREAM}`);
    return state.last_seq;
  }
}
