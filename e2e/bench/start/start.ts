import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '#tools/process/ports';
import { packageRoot } from '#tools/start/services';
import type { Bench, BenchOptions, BenchResult } from '../bench.ts';
import { closing, type Closing } from '../closing.ts';
import { median } from '../statistics.ts';
import { memoryOf, treeOf, type Memory } from '../processes.ts';

export const start: Bench = {
  name: 'start',
  describe: 'npm start on an empty data folder, after install, until it is ready; then its memory when idle',
  keys: {
    readySeconds: { text: 'from the launcher to ready, median', unit: 's', under: 15 },
    idleRssMiB: { text: 'all processes together, shared pages counted once', unit: 'MiB', under: 1229 },
    firstReadySeconds: { text: 'the first of the starts', unit: 's' },
  },
  run: (options) => closing((steps) => run(options, steps)),
};

const READY = 'Formbus is ready';
const READY_TIMEOUT_MS = 120_000;
/** What a start leaves behind is collected, and pools have settled, after this long. */
const SETTLE_MS = { quick: 5_000, full: 20_000 };
const MIB = 2 ** 20;

async function run({ quick, signal, say }: BenchOptions, steps: Closing): Promise<BenchResult> {
  const starts = quick ? 2 : 5;
  const seconds: number[] = [];
  let idle: Memory[] = [];
  for (let round = 0; round < starts; round++) {
    const launcher = await launch(steps, signal);
    seconds.push(launcher.seconds);
    say(`ready after ${launcher.seconds.toFixed(2)} s`);
    if (round === 0) {
      await delay(quick ? SETTLE_MS.quick : SETTLE_MS.full, undefined, { signal });
      idle = await memoryOfTree(launcher.pid);
    }
    await launcher.stop();
  }
  const total = idle.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    figures: { readySeconds: median(seconds), idleRssMiB: total / MIB, firstReadySeconds: seconds[0] ?? NaN },
    ratios: {},
    settings: {
      starts: seconds.map((each) => Number(each.toFixed(2))),
      memory: idle[0]?.kind ?? 'none',
      processes: idle.map(({ command, bytes }) => `${shortened(command)}: ${Math.round(bytes / MIB)} MiB`),
    },
  };
}

async function launch(steps: Closing, signal: AbortSignal) {
  const folder = await steps.folder();
  const port = await freePort();
  const args = [
    'dist/tools/start/main.js',
    '--no-demo',
    '--port',
    String(port),
    '--data',
    join(folder, 'data'),
  ];
  const began = performance.now();
  const child = spawn(process.execPath, args, { cwd: packageRoot(), stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  steps.later(child, () => end(child, exited));
  await saysReady(child, AbortSignal.any([signal, AbortSignal.timeout(READY_TIMEOUT_MS)]));
  const seconds = (performance.now() - began) / 1000;
  await expectAnswer(port);
  return { seconds, pid: child.pid ?? 0, stop: () => end(child, exited) };
}

async function saysReady(child: ChildProcess, signal: AbortSignal): Promise<void> {
  let output = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const take = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000);
    if (output.includes(READY)) resolve();
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  child.once('exit', () => reject(new Error(`the launcher ended before it was ready:\n${output}`)));
  const give = (): void => reject(new Error(`the launcher was not ready in time:\n${output}`));
  signal.addEventListener('abort', give, { once: true });
  await promise.finally(() => signal.removeEventListener('abort', give));
}

/** Ready means that the API answers; that a key is asked for is answer enough. */
async function expectAnswer(port: number): Promise<void> {
  const { status } = await fetch(`http://127.0.0.1:${port}/v1/forms`);
  if (status !== 401) throw new Error(`the API answered ${status} to a request without a key`);
}

/** The launcher drains at SIGTERM; its guard ends what it leaves behind if it has to be killed. */
async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  await exited;
  clearTimeout(timer);
}

async function memoryOfTree(root: number): Promise<Memory[]> {
  const found = await Promise.all((await treeOf(root)).map(memoryOf));
  return found.filter((memory) => memory !== undefined);
}

/** `node ... dist/services/forms/main.js`: the last part that names a file says which one it is. */
function shortened(command: string): string {
  const words = command.split(' ');
  const script = words.find(
    (word) => /\.(js|ts)$/.test(word) && word.includes('dist/') && !word.includes('otel'),
  );
  return script ?? words[0]?.split('/').at(-1) ?? command;
}
