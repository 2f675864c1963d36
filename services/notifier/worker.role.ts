import type { Tier } from '#contracts/task';
import { startTaskWorkers } from '#eventing/task/workers';
import type { Readiness } from '#service/readiness';
import { Deliverer } from './delivery/deliverer.ts';
import { notifierTasks, type NotifierTasksDependencies } from './notifier.tasks.ts';

export interface WorkerDependencies extends NotifierTasksDependencies {
  readonly tiers: readonly Tier[];
  readonly readiness: Readiness;
}

/** The role `worker`: delivers webhooks, or stands by to; does this service's tasks; reacts to events that ask for mail. */
export async function startWorker({ parts, mail, database, tiers, readiness }: WorkerDependencies): Promise<{
  stop(): Promise<void>;
}> {
  const { tasks, logger } = parts;
  const delivers = tiers.includes('high');
  const deliverer = new Deliverer(parts);
  const policies: { stop(): Promise<void> }[] = [];
  if (delivers) {
    deliverer.start();
    policies.push(await mail.startPolicy());
    readiness.add('webhooks', () => ({ ok: true, detail: deliverer.active ? 'delivering' : 'standing by' }));
  }
  const handled = notifierTasks({ parts, mail, database });
  const workers = await startTaskWorkers({ tasks, handled, tiers, logger });
  return {
    async stop() {
      await Promise.all([
        deliverer.stop(),
        workers.stop(STOP_MS),
        ...policies.map((policy) => policy.stop()),
      ]);
    },
  };
}

/** Less than a process is given to stop. */
const STOP_MS = 6_000;
