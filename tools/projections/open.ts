import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { Problem } from '#contracts/errors';
import { connectBus, type Bus } from '#eventing/bus';
import type { EventLog } from '#eventing/event-log';
import { openLog } from '#eventing/open';
import { connectDatabase, type Database } from '#readmodel/database';
import { UserError } from '../start/user-error.ts';
import type { Place } from './place.ts';

/** The log and the read models of a place, as the commands on projections need them. */
export interface Opened {
  readonly bus: Bus;
  readonly log: EventLog;
  readonly database: Database;
  readonly logger: pino.Logger;
  close(): Promise<void>;
}

/** For nats-server and MongoDB to answer. Milliseconds. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 50;

export type Addresses = Pick<Place, 'natsUrl' | 'natsToken' | 'mongoUri' | 'masterKey'>;

/** @throws UserError when nats-server or MongoDB does not answer */
export async function openPlace({ natsUrl, natsToken, mongoUri, masterKey }: Addresses): Promise<Opened> {
  const logger = pino({ level: process.env.LOG_LEVEL ?? 'fatal' }, pino.destination(2));
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const bus = await connectBus({
    servers: natsUrl,
    name: 'projections',
    logger,
    signal: patience,
    ...(natsToken === undefined ? {} : { token: natsToken }),
  }).catch((cause: unknown) => {
    throw new UserError(`nats-server at ${natsUrl} can't be used: ${reasonOf(cause, patience)}`, { cause });
  });
  const database = connectDatabase({ uri: mongoUri, logger });
  const close = async (): Promise<void> => {
    await database.close();
    await bus.close();
  };
  try {
    const { log } = await openLog(bus, {
      events: EVENTS,
      upcasters: UPCASTERS,
      source: '/formbus/projections',
      masterKey,
    });
    if (!(await answers(database, patience))) throw new UserError(`MongoDB at ${mongoUri} does not answer`);
    return { bus, log, database, logger, close };
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

function reasonOf(cause: unknown, patience: AbortSignal): string {
  if (patience.aborted) return 'it does not answer';
  return cause instanceof Error ? cause.message : String(cause);
}
