/** Works on tasks until it is killed, and keeps account of what it did. */
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { TIERS } from '#contracts/task';
import { connectBus } from '#eventing/bus';
import { Permanent } from '#eventing/disposition';
import { openLog } from '#eventing/open';
import { handle, type TaskContext } from '#eventing/task/context';
import { openTasks } from '#eventing/task/open';
import { startTaskWorkers, type TaskWorkers } from '#eventing/task/workers';
import { v7 as uuid } from 'uuid';
import { answerParent } from '../../bench/tasks/process.ts';
import { effectDecider, effectHappened, effectSubject } from './effect.ts';
import { Journal } from './journal.ts';
import { KINDS, type ChaosPayload } from './kinds.ts';

export type WorkerOrder =
  { readonly do: 'start'; readonly servers: string; readonly folder: string } | { readonly do: 'stop' };

let workers: TaskWorkers | undefined;

async function start(servers: string, folder: string): Promise<void> {
  const logger = pino(
    { level: 'info' },
    pino.destination({ dest: `${folder}/${process.pid}.log`, sync: true }),
  );
  const bus = await connectBus({ servers, name: 'chaos-worker', logger });
  const { executor } = await openLog(bus, {
    events: [effectHappened],
    upcasters: [],
    source: '/formbus/chaos',
  });
  const journal = new Journal(folder);

  const run = async ({ n, failures, ms, poison }: ChaosPayload, context: TaskContext): Promise<void> => {
    const { id, attempt, signal, actor, correlation } = context;
    journal.write('begun', n, attempt);
    try {
      if (poison === 'deadly') process.kill(process.pid, 'SIGKILL');
      if (poison === 'permanent') throw new Permanent('never');
      if (poison === 'always' || attempt <= failures) throw new Error('not this time');
      if (ms > 0) await delay(ms, undefined, { signal });
      const { appended } = await executor.execute({
        subject: effectSubject(n),
        decider: effectDecider,
        command: { task: id, attempt },
        meta: { commandId: uuid(), time: new Date().toISOString(), actor, correlation },
        fresh: true,
      });
      journal.write(appended > 0 ? 'effect' : 'repeated', n, attempt);
    } catch (error) {
      journal.write('failed', n, attempt);
      throw error;
    }
  };
  const tasks = openTasks(bus, { source: '/formbus/chaos' });
  const handled = TIERS.map((tier) => handle(KINDS[tier], run));
  workers = await startTaskWorkers({ tasks, handled, tiers: TIERS, logger });
}

answerParent((order: WorkerOrder) =>
  order.do === 'start' ? start(order.servers, order.folder) : (workers?.stop() ?? Promise.resolve()),
);
