import { setTimeout as delay } from 'node:timers/promises';
import { TIERS, type Tier } from '#contracts/task';
import type { Bus } from '#eventing/bus';
import { tasksLeft } from '../../tasks-left.ts';
import { startChild, type Child } from '../child.ts';
import type { Closing } from '../closing.ts';
import { now } from './clock.ts';
import { IN_FLIGHT, type Contender } from './contender.ts';
import type { ProducerOrder } from './producer.process.ts';
import type { WorkerOrder } from './worker.process.ts';

export interface OursOptions {
  readonly steps: Closing;
  /** Of the bench itself, to look at the streams. */
  readonly bus: Bus;
  readonly url: string;
  readonly natsPid: number;
  /** The tiers of each worker process. */
  readonly workers: readonly (readonly Tier[])[];
  readonly env: NodeJS.ProcessEnv;
}

const POLL_MS = 5;

/** A process that asks for tasks, connected. */
export async function startProducer(steps: Closing, url: string, env: NodeJS.ProcessEnv): Promise<Child> {
  const child = steps.later(await startChild(import.meta.dirname, 'producer.process', env), (open) =>
    open.stop(),
  );
  await child.ask({ do: 'connect', servers: url } satisfies ProducerOrder);
  return child;
}

/** A process that does the tasks of some tiers. */
export async function startWorker(
  steps: Closing,
  url: string,
  tiers: readonly Tier[],
  env: NodeJS.ProcessEnv,
): Promise<Child> {
  const child = steps.later(await startChild(import.meta.dirname, 'worker.process', env), (open) =>
    open.stop(),
  );
  await child.ask({ do: 'start', servers: url, tiers } satisfies WorkerOrder);
  return child;
}

/** Formbus: a third of the tasks in each tier, all of one producer, done when no stream holds any. */
export async function ours({ steps, bus, url, natsPid, workers, env }: OursOptions): Promise<Contender> {
  const producer = await startProducer(steps, url, env);
  const children: { readonly child: Child; readonly tiers: readonly Tier[] }[] = [];
  for (const tiers of workers) children.push({ child: await startWorker(steps, url, tiers, env), tiers });
  let done = 0;
  const byWorker = children.map(({ child }, index) => [`worker${index + 1}`, child.pid] as const);
  return {
    name: 'ours',
    about: `worker processes of ${workers.map((tiers) => tiers.join('+')).join(' / ')}`,
    processes: { nats: natsPid, producer: producer.pid, ...Object.fromEntries(byWorker) },
    async run(tasks) {
      if (tasks % TIERS.length !== 0) throw new RangeError('as many tasks in each tier');
      done += tasks;
      const began = now();
      const reached = children.map(({ child, tiers }) =>
        child.ask({ do: 'reach', tasks: (done / TIERS.length) * tiers.length } satisfies WorkerOrder),
      );
      const flood = { calls: tasks, inFlight: IN_FLIGHT };
      const asked = producer.ask({ do: 'flood', what: 'noops', flood } satisfies ProducerOrder);
      await Promise.all([asked, ...reached]);
      while ((await tasksLeft(bus)) > 0) await delay(POLL_MS);
      return (now() - began) / 1000;
    },
  };
}
