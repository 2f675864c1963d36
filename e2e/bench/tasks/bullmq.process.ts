/** One side of BullMQ, in a process of its own: adds jobs, or does them. */
import { Queue, Worker } from 'bullmq';
import { now } from './clock.ts';
import { flood } from './flood.ts';
import { answerParent } from './process.ts';
import { Tally } from './tally.ts';

export type BullmqOrder =
  | { readonly do: 'add'; readonly port: number; readonly queues: readonly string[] }
  | {
      readonly do: 'work';
      readonly port: number;
      readonly queues: readonly string[];
      readonly concurrency: number;
    }
  /** Adds so many jobs to the queues in turn, `bulk` of them a call. */
  | {
      readonly do: 'flood';
      readonly tasks: number;
      readonly inFlight: number;
      readonly bulk: number;
    }
  /** Answers when so many have been done in all. */
  | { readonly do: 'reach'; readonly tasks: number };

/** As the tasks of ours: nothing is kept of one that is done. */
const JOB = { removeOnComplete: true, removeOnFail: true, attempts: 2 };

const tally = new Tally(now);
let queues: Queue[] = [];

const connectionOf = (port: number) => ({ host: '127.0.0.1', port, maxRetriesPerRequest: null });

answerParent(async (order: BullmqOrder) => {
  switch (order.do) {
    case 'add':
      queues = order.queues.map((name) => new Queue(name, { connection: connectionOf(order.port) }));
      await Promise.all(queues.map((queue) => queue.waitUntilReady()));
      return;
    case 'work': {
      const workers = order.queues.map(
        (name) =>
          new Worker(name, () => Promise.resolve(), {
            connection: connectionOf(order.port),
            concurrency: order.concurrency,
          }),
      );
      for (const worker of workers) worker.on('completed', () => tally.add());
      await Promise.all(workers.map((worker) => worker.waitUntilReady()));
      return;
    }
    case 'flood': {
      const { tasks, inFlight, bulk } = order;
      const data = (): object => ({ workspace: 'bench', sentAt: now() });
      return flood({ calls: tasks / bulk, inFlight: Math.max(1, inFlight / bulk) }, (index) => {
        const queue = queues[index % queues.length];
        if (queue === undefined) throw new Error('no queue');
        if (bulk === 1) return queue.add('noop', data(), JOB);
        return queue.addBulk(Array.from({ length: bulk }, () => ({ name: 'noop', data: data(), opts: JOB })));
      }).then(() => undefined);
    }
    case 'reach':
      return tally.reach(order.tasks);
    default:
      order satisfies never;
  }
});
