import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { Problem } from '#contracts/errors';
import type { Bus } from '#eventing/bus';
import type { EventLog } from '#eventing/event-log';
import { openLog } from '#eventing/open';
import { openRecords } from '#eventing/records';
import { DELIVERIES_STREAM, TASK_EVENTS_STREAM } from '#eventing/streams';
import { connectDatabase, type Database } from '#readmodel/database';
import { streamOf, type Identified, type Projection } from '#readmodel/projection';
import { openBus } from '../cli/bus.ts';
import { Unreachable } from '../cli/exit-code.ts';
import { bareAddresses } from '#eventing/bare-addresses';
import type { Place } from './place.ts';

/** The log and the read models of a place, as the commands on projections need them. */
export interface Opened {
  readonly bus: Bus;
  /** Of events. */
  readonly log: EventLog;
  /** What a projection folds: that of events, or one of records. */
  readonly logOf: (projection: Pick<Projection<Identified>, 'stream'>) => EventLog;
  readonly database: Database;
  readonly logger: Logger;
  close(): Promise<void>;
}

/** For MongoDB to answer. Milliseconds. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 50;

export type Addresses = Pick<
  Place,
  'natsUrl' | 'natsToken' | 'natsUser' | 'natsPassword' | 'mongoUri' | 'masterKey'
>;

/** @throws UserError when nats-server or MongoDB does not answer */
export async function openPlace({
  natsUrl,
  natsToken,
  natsUser,
  natsPassword,
  mongoUri,
  masterKey,
}: Addresses): Promise<Opened> {
  const bus = await openBus(
    { servers: natsUrl, token: natsToken, user: natsUser, password: natsPassword },
    { name: 'projections' },
  );
  const { logger } = bus;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const database = connectDatabase({ uri: mongoUri, logger });
  const close = async (): Promise<void> => {
    await database.close();
    await bus.close();
  };
  try {
    const source = '/formbus/projections';
    const { log } = await openLog(bus, { events: EVENTS, upcasters: UPCASTERS, source, masterKey });
    const tasks = await openRecords(bus, { stream: TASK_EVENTS_STREAM, source });
    const deliveries = await openRecords(bus, { stream: DELIVERIES_STREAM, source });
    const logs = { EVENTS: log, TASK_EVENTS: tasks.log, DELIVERIES: deliveries.log };
    if (!(await answers(database, patience)))
      throw new Unreachable(
        `MongoDB at ${bareAddresses(mongoUri)} does not answer: does it run, and is MONGODB_URI right?`,
      );
    return { bus, log, logOf: (projection) => logs[streamOf(projection)], database, logger, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A connection may be lost again right after it was made, while the engine is still starting. */
async function answers(database: Database, patience: AbortSignal): Promise<boolean> {
  while (!patience.aborted) {
    await database.whenAvailable(patience);
    try {
      await database.run((db) => db.command({ ping: 1 }));
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await delay(RETRY_MS);
    }
  }
  return false;
}
