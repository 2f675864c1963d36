import { randomBytes } from 'node:crypto';
import pino, { type Logger } from 'pino';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { connectBus, type Bus } from '#eventing/bus';
import { Catalog } from '#eventing/catalog';
import { Codec } from '#eventing/codec';
import { createEventLog, type EventLog } from '#eventing/event-log';
import { Keyring } from '#eventing/keyring';
import { ensureTopology } from '#eventing/topology';
import { startTestNats } from '#tools/testing/nats';
import type { Closing } from '../closing.ts';

/** A nats-server of the bench's own, with the streams of Formbus. */
export interface BenchLog {
  readonly bus: Bus;
  readonly masterKey: Uint8Array;
  readonly logger: Logger;
  /** The log as a process finds it that has just started: with no key in memory. */
  open(): OpenLog;
}

export interface OpenLog {
  readonly log: EventLog;
  readonly codec: Codec;
  readonly keyring: Keyring;
}

/** The server's version, as it tells its clients. */
export const serverVersion = ({ nc }: Bus): string => nc.info?.version ?? 'unknown';

export async function startBenchLog(closing: Closing): Promise<BenchLog> {
  const logger = pino({ level: 'warn' }, pino.destination(2));
  const nats = closing.later(await startTestNats(), (server) => server.stop());
  const bus = closing.later(await connectBus({ servers: nats.url, name: 'bench', logger }), (open) =>
    open.close(),
  );
  const { epoch } = await ensureTopology(bus);
  const masterKey = randomBytes(32);
  return {
    bus,
    masterKey,
    logger,
    open() {
      const keyring = new Keyring({ bus, masterKey });
      const codec = new Codec({
        catalog: new Catalog(EVENTS, UPCASTERS),
        epoch,
        source: '/formbus/forms',
        keys: keyring,
      });
      return { log: createEventLog({ bus, codec, epoch, keys: keyring }), codec, keyring };
    },
  };
}
