import type { BenchOptions } from '../bench.ts';
import type { Closing } from '../closing.ts';
import { percentile, sorted } from '../statistics.ts';
import { IN_FLIGHT } from './contender.ts';
import { startProducer, startWorker } from './ours.ts';
import type { ProducerOrder } from './producer.process.ts';
import type { WorkerOrder } from './worker.process.ts';

/** Tasks of the tier `high`, one each so many milliseconds. */
const EVERY_MS = 5;
const BACKLOG = 10_000;

export interface HighLatency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly tasks: number;
  /** What the batch producer enqueued a second meanwhile. */
  readonly batchPerSecond: number;
}

/**
 * How soon a task of the tier `high` is begun, from the call that asks for it, while ten thousand of the tier `batch`
 * wait, all of their workers are busy and their producer adds more as fast as it can. A worker process a tier.
 */
export async function measureHighLatency(
  steps: Closing,
  { url, seconds, env }: { url: string; seconds: number; env: NodeJS.ProcessEnv },
  { say }: Pick<BenchOptions, 'say'>,
): Promise<HighLatency> {
  const flooding = await startProducer(steps, url, env);
  const dripping = await startProducer(steps, url, env);
  const high = await startWorker(steps, url, ['high'], env);
  await startWorker(steps, url, ['batch'], env);
  say(`${BACKLOG.toLocaleString('en')} batch tasks are enqueued`);
  await flooding.ask({
    do: 'flood',
    what: 'busy',
    flood: { calls: BACKLOG, inFlight: IN_FLIGHT },
  } satisfies ProducerOrder);
  let begun = 0;
  const drip = async (count: number): Promise<void> => {
    begun += count;
    await Promise.all([
      high.ask({ do: 'reach', tasks: begun } satisfies WorkerOrder),
      dripping.ask({ do: 'drip', everyMs: EVERY_MS, tasks: count } satisfies ProducerOrder),
    ]);
  };
  const tasks = Math.round((seconds * 1000) / EVERY_MS);
  // Connections, plans and code are warm before anything counts.
  await drip(Math.round(tasks / 10));
  await high.ask({ do: 'latencies' } satisfies WorkerOrder);
  const [{ sent }] = await Promise.all([
    flooding.ask<{ sent: number }>({
      do: 'keep',
      what: 'busy',
      inFlight: IN_FLIGHT,
      ms: seconds * 1000,
    } satisfies ProducerOrder),
    drip(tasks),
  ]);
  const latencies = sorted(await high.ask<number[]>({ do: 'latencies' } satisfies WorkerOrder));
  if (latencies.length < tasks) throw new Error(`${tasks - latencies.length} high tasks were not begun`);
  return {
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    max: percentile(latencies, 1),
    tasks,
    batchPerSecond: sent / seconds,
  };
}
