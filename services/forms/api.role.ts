import type { Logger } from 'pino';
import type { Bus } from '#eventing/bus';
import type { EventLog } from '#eventing/event-log';
import type { Executor } from '#eventing/executor';
import type { Keyring } from '#eventing/keyring';
import type { Database } from '#readmodel/database';
import { ReadModel } from '#readmodel/read-model';
import { startRpc } from '#service/rpc';
import { FormCatalog } from './form/form-catalog.ts';
import { formsProjection } from './form/form.projection.ts';
import { FormsModule } from './forms.module.ts';
import { submissionsProjection } from './submission/submission.projection.ts';

export interface ApiDependencies {
  readonly bus: Bus;
  readonly log: EventLog;
  readonly executor: Executor;
  readonly keyring: Keyring;
  readonly database: Database;
  readonly logger: Logger;
}

/** The role `api`: commands and queries over RPC. Resolves when requests are taken. */
export async function startApi({ bus, log, executor, keyring, database, logger }: ApiDependencies): Promise<{
  stop(): Promise<void>;
}> {
  const catalog = new FormCatalog(log, logger);
  await catalog.start();
  const forms = new ReadModel({ bus, log, database, projection: formsProjection });
  const submissions = new ReadModel({ bus, log, database, projection: submissionsProjection });
  const rpc = await startRpc(FormsModule.with({ log, executor, keyring, catalog, forms, submissions }), {
    service: 'forms',
    bus,
  });
  return {
    async stop() {
      await rpc.close();
      await executor.drain();
      await catalog.stop();
      forms.close();
      submissions.close();
    },
  };
}
