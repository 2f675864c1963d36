import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { v7 as uuid } from 'uuid';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import type { Problem } from '#contracts/errors';
import { createForm, editDraft, publishForm } from '#contracts/form/form.rpc';
import type { CommandCaller } from '#contracts/rpc';
import { connectBus, type Bus } from '#eventing/bus';
import { openLog, type OpenedLog } from '#eventing/open';
import { connectDatabase, type Database } from '#readmodel/database';
import { RpcClient } from '#service/rpc-client';
import { testDatabase } from '#tools/testing/mongo';
import { startTestNats } from '#tools/testing/nats';
import { startApi } from '../api.role.ts';

export const logger = pino({ level: 'silent' });

/** The forms service on a log and a database of a spec's own, as its callers see it. */
export interface FormsWorld {
  readonly natsUrl: string;
  readonly masterKey: Buffer;
  readonly bus: Bus;
  /** A log that shares no memory with any instance. */
  readonly log: OpenedLog['log'];
  readonly database: Database;
  readonly rpc: RpcClient;
  /** Ends every instance and starts others, which remember nothing. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Instances of the role `api` have connections of their own, as in processes of their own. */
export async function openFormsWorld({ instances }: { instances: number }): Promise<FormsWorld> {
  const nats = await startTestNats();
  const masterKey = randomBytes(32);
  const stops: (() => Promise<void>)[] = [];
  const open = async (name: string) => {
    const bus = await connectBus({ servers: nats.url, name, logger });
    const opened = await openLog(bus, {
      events: EVENTS,
      upcasters: UPCASTERS,
      source: '/formbus/forms',
      masterKey,
    });
    return { bus, ...opened };
  };
  const { bus, log } = await open('spec');
  const database = connectDatabase({ ...testDatabase(), logger });
  const startInstance = async (): Promise<void> => {
    const own = await open('forms');
    const api = await startApi({ ...own, database, logger });
    stops.push(async () => {
      await api.stop();
      await own.bus.close();
    });
  };
  const start = async (): Promise<void> => {
    for (let i = 0; i < instances; i++) await startInstance();
  };
  const stopAll = async (): Promise<void> => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  };
  await start();
  return {
    natsUrl: nats.url,
    masterKey,
    bus,
    log,
    database,
    rpc: new RpcClient(bus),
    async restart() {
      await stopAll();
      await start();
    },
    async stop() {
      await stopAll();
      await database.close();
      await bus.close();
      await nats.stop();
    },
  };
}

export const caller = (workspace = 'acme'): CommandCaller => ({
  workspace,
  actor: 'key:spec',
  correlation: uuid(),
  commandId: uuid(),
  time: new Date().toISOString(),
});

/** Publishes the definition as the next version of the form, which is created if it is new. */
export async function publish(
  { rpc }: Pick<FormsWorld, 'rpc'>,
  form: string,
  definition: unknown,
): Promise<number> {
  const command = { form, expectVersion: null, idempotencyKey: null };
  await rpc
    .call(createForm, { ...command, caller: caller(), definition })
    .catch(() => rpc.call(editDraft, { ...command, caller: caller(), definition }));
  const published = await rpc.call(publishForm, { ...command, caller: caller(), note: '' });
  return published.form.versions.at(-1)?.number ?? 0;
}

/** What a call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<Problem> {
  return call.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => error as Problem,
  );
}
