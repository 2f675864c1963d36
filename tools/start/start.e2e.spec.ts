import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute } from '../process/execute.ts';
import { processIdentity } from '../process/identity.ts';
import { freePort } from '../process/ports.ts';
import { eventually } from '../testing/eventually.ts';
import { packageRoot } from './services.ts';

const dataDir = await mkdtemp(join(tmpdir(), 'formbus-start-'));
const launched: Launched[] = [];
afterEach(async () => {
  for (const { child } of launched.splice(0)) await end(child, 'SIGTERM');
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

interface Launched {
  readonly child: ChildProcess;
  readonly output: () => string;
}

/** What `npm start` runs once everything is built. */
async function launch(...args: string[]): Promise<Launched> {
  const main = join(packageRoot(), 'dist', 'tools', 'start', 'main.js');
  const options = ['--port', String(await freePort()), '--data', dataDir, '--no-demo', ...args];
  const env = { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '' };
  const child = spawn(process.execPath, [main, ...options], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const one = { child, output: () => text };
  launched.push(one);
  return one;
}

function says({ output }: Launched, text: string): Promise<void> {
  return eventually(() => expect(output()).toContain(text), { timeoutMs: 60_000 });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
  return child.exitCode;
}

async function childrenOf({ child }: Launched): Promise<number[]> {
  const { stdout } = await execute('pgrep', ['-P', String(child.pid)], { timeoutMs: 5000 });
  return stdout.trim().split('\n').map(Number);
}

async function allGone(pids: number[]): Promise<void> {
  await eventually(
    async () => expect(await Promise.all(pids.map(processIdentity))).toEqual(pids.map(() => undefined)),
    {
      timeoutMs: 20_000,
    },
  );
}

async function refused(...args: string[]): Promise<{ code: number; output: string }> {
  const one = await launch(...args);
  const [code] = (await once(one.child, 'close')) as [number];
  return { code, output: one.output() };
}

describe('npm start', () => {
  it('refuses what it can not do in one line, and makes no folder for it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const fresh = join(dataDir, 'new');
    const busy = await refused('--port', String(port), '--data', fresh);
    server.close();
    expect(busy).toMatchObject({ code: 1, output: expect.stringContaining(`port ${port} is in use`) });
    expect(existsSync(fresh)).toBe(false);

    const impossible = await refused('--data', '/proc/formbus');
    expect(impossible.code).toBe(1);
    expect(impossible.output).toMatch(
      /^Formbus can't start: \/proc\/formbus can't be used as data folder: [^\n]*\n$/,
    );

    const misspelt = await refused('--dada', 'x');
    expect(misspelt.code).toBe(2);
    expect(misspelt.output).toMatch(/^Formbus can't start: unknown option --dada; there are [^\n]*\n$/);
  });

  it('becomes ready, its printed command works, it keeps others off its data, and stops cleanly', async () => {
    const system = await launch();
    await says(system, 'Ctrl-C stops it');
    const command = /^ +(curl .*)$/m.exec(system.output())?.[1] ?? '';
    const { stdout } = await execute('/bin/sh', ['-c', `${command} -sS -w ' %{http_code}'`], {
      timeoutMs: 10_000,
    });
    expect(stdout).toMatch(/ 200$/);

    const second = await launch();
    const [code] = (await once(second.child, 'exit')) as [number];
    expect(code).toBe(1);
    expect(second.output()).toContain(`this data folder is in use by process ${system.child.pid}`);

    const pids = await childrenOf(system);
    expect(await end(system.child, 'SIGTERM')).toBe(0);
    const stopped = [...system.output().matchAll(/✓ (\w+) stopped/g)].map(([, name]) => name);
    expect(stopped.slice(-2).sort()).toEqual(['mongo', 'nats']);
    expect(stopped.slice(0, -2).sort()).toEqual(['forms', 'gateway', 'notifier']);
    await allGone(pids);
  });

  it('leaves nothing running when it is killed, and starts again on the same data with the same key', async () => {
    const killed = await launch();
    await says(killed, 'Ctrl-C stops it');
    const pids = await childrenOf(killed);
    expect(pids.length).toBeGreaterThanOrEqual(5);
    await end(killed.child, 'SIGKILL');
    const again = await launch();
    await says(again, 'Ctrl-C stops it');
    await allGone(pids);
    expect(again.output()).not.toContain('ended');
  });

  it('starts again what is killed', async () => {
    const system = await launch();
    await says(system, 'Ctrl-C stops it');
    const { stdout } = await execute(
      'pgrep',
      ['-P', String(system.child.pid), '-f', 'services/forms/main.js'],
      { timeoutMs: 5000 },
    );
    process.kill(Number(stdout.trim()), 'SIGKILL');
    await says(system, 'forms ended (SIGKILL)');
    await says(system, 'forms is ready again');
  });

  it('stops while it starts', async () => {
    const system = await launch();
    await says(system, 'nats is ready');
    const pids = await childrenOf(system);
    expect(await end(system.child, 'SIGINT')).toBe(0);
    expect(system.output()).toContain('Stopped before it was ready');
    await allGone(pids);
  });
});
