import { startChild, type Child } from '../child.ts';
import type { Closing } from '../closing.ts';
import type { BullmqOrder } from './bullmq.process.ts';
import { now } from './clock.ts';
import { IN_FLIGHT, type Contender } from './contender.ts';
import { CONCURRENCY } from './kinds.ts';
import type { Fsync, Redis } from './redis.ts';

export interface BullmqOptions {
  readonly steps: Closing;
  readonly redis: Redis;
  readonly fsync: Fsync;
  readonly queues: number;
}

/** Jobs of one call, where they are added in bulk. */
const BULK = 100;
const TIERS_OF_OURS = 3;

/** BullMQ with one process that adds and one that works, as many at a time as ours in all. */
export async function startBullmq({ steps, redis, fsync, queues }: BullmqOptions): Promise<{
  single: Contender;
  bulk: Contender;
}> {
  const names = Array.from({ length: queues }, (_, index) => `bench${queues}-${index}`);
  const child = async (order: BullmqOrder): Promise<Child> => {
    const started = steps.later(await startChild(import.meta.dirname, 'bullmq.process'), (open) =>
      open.stop(),
    );
    await started.ask(order);
    return started;
  };
  const { port } = redis;
  const producer = await child({ do: 'add', port, queues: names });
  const concurrency = (CONCURRENCY * TIERS_OF_OURS) / queues;
  const worker = await child({ do: 'work', port, queues: names, concurrency });
  let done = 0;
  const contender = (bulk: number): Contender => ({
    name: `bullmq ${fsync}${bulk === 1 ? '' : ' bulk'}`,
    about: `${queues} ${queues === 1 ? 'queue' : 'queues'}, one process that adds and one that works`,
    processes: { redis: redis.pid, producer: producer.pid, worker: worker.pid },
    async run(tasks) {
      done += tasks;
      const began = now();
      const [at] = await Promise.all([
        worker.ask<number>({ do: 'reach', tasks: done } satisfies BullmqOrder),
        producer.ask({ do: 'flood', tasks, inFlight: IN_FLIGHT, bulk } satisfies BullmqOrder),
      ]);
      return (at - began) / 1000;
    },
  });
  return { single: contender(1), bulk: contender(BULK) };
}
