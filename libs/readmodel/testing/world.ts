import { randomBytes, randomUUID } from 'node:crypto';
import pino from 'pino';
import type { EventDefinition, Upcaster } from '#contracts/event';
import { append } from '#eventing/append';
import { connectBus, type Bus } from '#eventing/bus';
import type { Decider } from '#eventing/decider';
import type { EventLog } from '#eventing/event-log';
import { printEnvelope } from '#eventing/headers';
import { openLog } from '#eventing/open';
import { connectDatabase, type Database } from '../database.ts';
import { ACCOUNT_EVENTS, accountSubject, type AccountEvent } from './accounts.ts';

export const silent = pino({ level: process.env.LOG_LEVEL ?? 'silent' });

/** Appends what it is told to. */
const verbatim: Decider<readonly AccountEvent[], null, AccountEvent> = {
  initial: null,
  decide: (events) => events,
  evolve: () => null,
};

/** One process: on the log of a spec, and on a database of its own choice. */
export interface World {
  readonly bus: Bus;
  readonly log: EventLog;
  readonly database: Database;
  /** Of its own, so that specs on the same log do not meet. */
  readonly workspace: string;
  /** Gives the position of the last one. */
  append(account: string, ...events: AccountEvent[]): Promise<string>;
  /** Appends a message that says to be an event of a type, and is none. */
  damaged(account: string, type: string): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly nats: string;
  readonly mongo: { readonly uri: string; readonly name: string };
  /** That of another world, to be a second process of it. */
  readonly workspace?: string;
  readonly events?: readonly EventDefinition[];
  readonly upcasters?: readonly Upcaster[];
}

export async function openWorld({
  nats,
  mongo,
  workspace = randomBytes(4).toString('hex'),
  events = ACCOUNT_EVENTS,
  upcasters = [],
}: WorldOptions): Promise<World> {
  const bus = await connectBus({ servers: nats, name: 'spec', logger: silent });
  const { log, executor } = await openLog(bus, { events, upcasters, source: '/formbus/spec' });
  const database = connectDatabase({ ...mongo, logger: silent });
  await database.whenAvailable(AbortSignal.timeout(10_000));
  return {
    bus,
    log,
    database,
    workspace,
    async append(account, ...command) {
      const meta = {
        commandId: randomUUID(),
        time: new Date().toISOString(),
        actor: 'tester',
        correlation: 'spec',
      };
      const done = await executor.execute({
        subject: accountSubject(workspace, account),
        decider: verbatim,
        command,
        meta,
        deadlineMs: 20_000,
      });
      return done.last;
    },
    async damaged(account, type) {
      const subject = accountSubject(workspace, account);
      const id = randomUUID();
      const headers = printEnvelope({
        id,
        type,
        subject,
        source: '/x',
        time: '2026-01-02T03:04:05Z',
        version: 1,
        actor: 'x',
        correlation: 'x',
      });
      const message = { subject, headers, payload: Buffer.from('{') };
      const { outcome } = await append(bus, [message], 5000);
      if (outcome !== 'stored') throw new Error(outcome);
    },
    async close() {
      await executor.drain();
      await database.close();
      await bus.close();
    },
  };
}
