/** Asks for tasks, in a process of its own. */
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { connectBus } from '#eventing/bus';
import { openTasks, type Tasks } from '#eventing/task/open';
import { now } from './clock.ts';
import { flood, type Flood } from './flood.ts';
import { kindsOf } from './kinds.ts';
import { answerParent } from './process.ts';

export type ProducerOrder =
  | { readonly do: 'connect'; readonly servers: string }
  /** Enqueues so many, of the kinds in turn. */
  | { readonly do: 'flood'; readonly what: 'noops' | 'busy'; readonly flood: Flood }
  /** Enqueues flat out for so long; answers with how many. */
  | { readonly do: 'keep'; readonly what: 'noops' | 'busy'; readonly inFlight: number; readonly ms: number }
  /** Enqueues one of the tier `high` each so many milliseconds, whatever became of those before. */
  | { readonly do: 'drip'; readonly everyMs: number; readonly tasks: number };

let tasks: Tasks | undefined;

answerParent(async (order: ProducerOrder) => {
  if (order.do === 'connect') {
    const logger = pino({ level: 'warn' }, pino.destination(2));
    const bus = await connectBus({ servers: order.servers, name: 'bench-producer', logger });
    tasks = openTasks(bus, { source: '/formbus/bench' });
    return;
  }
  if (tasks === undefined) throw new Error('not connected');
  const { queue } = tasks;
  const enqueue = (kinds: ReturnType<typeof kindsOf>, index: number): Promise<unknown> => {
    const definition = kinds[index % kinds.length];
    if (definition === undefined) throw new Error('no kinds');
    return queue.enqueue(definition, { payload: { workspace: 'bench', sentAt: now() } });
  };
  switch (order.do) {
    case 'flood':
      return flood(order.flood, (index) => enqueue(kindsOf(order.what), index));
    case 'keep': {
      const until = now() + order.ms;
      let sent = 0;
      await flood({ calls: order.inFlight, inFlight: order.inFlight }, async () => {
        while (now() < until) await enqueue(kindsOf(order.what), sent++);
      });
      return { sent };
    }
    case 'drip': {
      const began = now();
      const sent: Promise<unknown>[] = [];
      for (let index = 0; index < order.tasks; index++) {
        await delay(Math.max(0, began + index * order.everyMs - now()));
        sent.push(enqueue(kindsOf('high'), 0));
      }
      return Promise.all(sent);
    }
    default:
      order satisfies never;
  }
});
