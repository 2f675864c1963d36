import { eventually } from '#tools/testing/eventually';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

let primary: ChildProcess;
let pids: number[] = [];

const size = (expected: number): Promise<number[]> =>
  eventually(() => {
    expect(pids).toHaveLength(expected);
    return pids;
  });

describe('a pool of workers', () => {
  beforeEach(() => {
    pids = [];
    primary = fork(fileURLToPath(new URL('./fixtures/pool.ts', import.meta.url)), {
      execArgv: ['--conditions=source'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    primary.on('message', (now: number[]) => (pids = now));
  });
  afterEach(() => {
    primary.kill('SIGKILL');
  });

  it('grows and shrinks to the size that it is told, and keeps the workers that it can keep', async () => {
    primary.send(1);
    const [first] = await size(1);
    primary.send(3);
    expect(await size(3)).toContain(first);
    primary.send(1);
    expect(await size(1)).toEqual([first]);
    primary.send('stop');
    expect(await once(primary, 'exit')).toEqual([0, null]);
  });

  it('does not bring back a worker that was killed while the pool shrinks', async () => {
    primary.send(2);
    const [, second] = await size(2);
    primary.send(1);
    process.kill(second ?? 0, 'SIGKILL');
    expect(await size(1)).not.toContain(second);
  });
});
