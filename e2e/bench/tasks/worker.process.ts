/** Does tasks, in a process of its own: those that do nothing and those of the backlog. */
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { TIERS, type Tier } from '#contracts/task';
import { connectBus } from '#eventing/bus';
import { handle } from '#eventing/task/context';
import { openTasks } from '#eventing/task/open';
import { startTaskWorkers } from '#eventing/task/workers';
import { now } from './clock.ts';
import { BUSY, busy, NOOPS } from './kinds.ts';
import { answerParent } from './process.ts';
import { Tally } from './tally.ts';

export type WorkerOrder =
  | { readonly do: 'start'; readonly servers: string; readonly tiers: readonly Tier[] }
  /** Answers when so many that do nothing have been begun in all. */
  | { readonly do: 'reach'; readonly tasks: number }
  /** Answers with the times from asking to beginning, in milliseconds, of all since the last time. */
  | { readonly do: 'latencies' };

const tally = new Tally(now);
let latencies: number[] = [];

const begun = ({ sentAt }: { sentAt: number }): Promise<void> => {
  latencies.push(now() - sentAt);
  tally.add();
  return Promise.resolve();
};

answerParent(async (order: WorkerOrder) => {
  switch (order.do) {
    case 'start': {
      const logger = pino({ level: 'warn' }, pino.destination(2));
      const bus = await connectBus({ servers: order.servers, name: 'bench-worker', logger });
      const tasks = openTasks(bus, { source: '/formbus/bench' });
      const handled = [
        ...TIERS.map((tier) => handle(NOOPS[tier], begun)),
        handle(busy, async (_payload, { signal }) => delay(BUSY.ms, undefined, { signal })),
      ];
      await startTaskWorkers({ tasks, handled, tiers: order.tiers, logger });
      return;
    }
    case 'reach':
      return tally.reach(order.tasks);
    case 'latencies': {
      const taken = latencies;
      latencies = [];
      return taken;
    }
    default:
      order satisfies never;
  }
});
