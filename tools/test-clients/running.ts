import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Command } from './receivers.ts';

/** How long a receiver may take to say where it listens. */
const START_MS = 60_000;

/** A receiver that listens. */
export interface RunningReceiver {
  readonly url: string;
  /** The ids of the deliveries that it has handled, in the order in which it did. */
  readonly handled: readonly string[];
  stop(): Promise<void>;
}

/** Starts a receiver. Rejects with all that it printed when it ends, or says nothing, before it listens. */
export async function start(
  { command, args, cwd, env }: Command,
  keys: Readonly<Record<string, string>>,
): Promise<RunningReceiver> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env, ...keys, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const handled: string[] = [];
  try {
    const port = await portOf(child, handled);
    return { url: `http://127.0.0.1:${port}/`, handled, stop: () => end(child) };
  } catch (error) {
    await end(child);
    throw error;
  }
}

function portOf(child: ChildProcess, handled: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const fail = (why: string): void => reject(new Error(`${why}${printed && `:\n${printed.trim()}`}`));
    const timer = setTimeout(() => fail(`it was not up within ${START_MS / 1000} s`), START_MS);
    child.stderr!.on('data', (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-4000)));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const [, port] = /^listening on port (\d+)$/.exec(line) ?? [];
      if (port !== undefined) resolve(Number(port));
      else handled.push(line.split(' ').at(-1)!);
    });
    child.once('error', ({ message }) => fail(message));
    child.once('close', (code) => fail(`it ended with exit code ${code}`));
    child.once('close', () => clearTimeout(timer));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}
