import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/** What the watched thread hands over. */
export interface WatchdogData {
  /** One 32-bit counter, which the watched event loop raises once a tick. */
  readonly beat: SharedArrayBuffer;
  readonly service: string;
  readonly tickMs: number;
  readonly ticks: number;
}

const { beat, service, tickMs, ticks } = workerData as WatchdogData;
const counter = new Int32Array(beat);
let last = Atomics.load(counter, 0);
let silent = 0;

/**
 * Counts its own ticks and looks at no clock: when the whole process was stopped (a laptop asleep, SIGSTOP), both
 * threads stood still, and that is no reason to die. It waits for one tick more than it was told: between two beats
 * that come in time there may be a look at which nothing has changed.
 */
setInterval(() => {
  const now = Atomics.load(counter, 0);
  silent = now === last ? silent + 1 : 0;
  last = now;
  if (silent <= ticks) return;
  const msg = `the event loop has not turned for ${(ticks * tickMs) / 1000} s: exiting`;
  const line = { level: 'fatal', time: new Date().toISOString(), service, pid: process.pid, msg };
  writeSync(1, `${JSON.stringify(line)}\n`);
  process.kill(process.pid, 'SIGKILL');
}, tickMs);
