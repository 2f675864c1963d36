import { url as inspectorUrl } from 'node:inspector';
import { Worker } from 'node:worker_threads';
import type { WatchdogData } from './watchdog-thread.ts';

const TICK_MS = 1_000;

/**
 * Ends this process by SIGKILL, with a line in the log, when its event loop has not turned for `stuckAfterMs`:
 * nothing on the loop itself could notice, and Docker restarts what exits, not what is unhealthy. A thread of its
 * own watches; a process paused in a debugger is left alone.
 *
 * @returns stops watching
 */
export function startWatchdog(service: string, stuckAfterMs: number): () => Promise<void> {
  if (inspectorUrl() !== undefined) return () => Promise.resolve();
  const beat = new SharedArrayBuffer(4);
  const counter = new Int32Array(beat);
  const timer = setInterval(() => Atomics.add(counter, 0, 1), TICK_MS);
  timer.unref();
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const workerData: WatchdogData = {
    beat,
    service,
    tickMs: TICK_MS,
    ticks: Math.ceil(stuckAfterMs / TICK_MS),
  };
  const thread = new Worker(new URL(`./watchdog-thread.${extension}`, import.meta.url), {
    workerData,
    execArgv: [], // not the tracing that the process itself was started with
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
  });
  thread.unref();
  return async () => {
    clearInterval(timer);
    await thread.terminate();
  };
}
