import type { Logger } from 'pino';
import type { Tier } from '#contracts/task';
import type { Bus } from '#eventing/bus';
import type { EventLog } from '#eventing/event-log';
import { openTasks } from '#eventing/task/open';
import { startTaskWorkers } from '#eventing/task/workers';
import type { Database } from '#readmodel/database';
import { PROJECTIONS } from './forms.module.ts';
import { formsTasks } from './forms.tasks.ts';

export interface WorkerDependencies {
  readonly bus: Bus;
  readonly log: EventLog;
  readonly database: Database;
  readonly logger: Logger;
  /** The tiers of this process. */
  readonly tiers: readonly Tier[];
}

/** Tasks in hand are given back after this time, well before the process must have ended. */
const DRAIN_MS = 4_000;

/** The role `worker`: does the tasks of its tiers. Resolves when they are taken. */
export async function startWorker({ bus, log, database, logger, tiers }: WorkerDependencies): Promise<{
  stop(): Promise<void>;
}> {
  const tasks = openTasks(bus, { source: '/formbus/forms' });
  const kept = PROJECTIONS.map((projection) => ({ projection, log }));
  const handled = formsTasks({ database, kept });
  const workers = await startTaskWorkers({ tasks, handled, tiers, logger });
  return {
    async stop() {
      await workers.stop(DRAIN_MS);
      await tasks.queue.drain();
    },
  };
}
