import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../testing/eventually.ts';
import { ProcessGuard } from './guard.ts';
import { processIdentity } from './identity.ts';
import { GaveUp, type ProcessEvent, type ProcessSpec } from './supervised.ts';
import { Supervisor } from './supervisor.ts';

const backoff = { firstMs: 10, longestMs: 40 };
const scratch = await mkdtemp(join(tmpdir(), 'formbus-supervisor-'));
const supervisors: Supervisor[] = [];

function supervise(options: { recoveredAfterMs?: number } = {}): {
  supervisor: Supervisor;
  events: ProcessEvent[];
} {
  const events: ProcessEvent[] = [];
  const supervisor = new Supervisor({
    onEvent: (event) => events.push(event),
    backoff,
    random: () => 1,
    ...options,
  });
  supervisors.push(supervisor);
  return { supervisor, events };
}

/** A shell that makes a file when its work can begin, so that its probe can look for it. */
function shell(name: string, script: string, more: Partial<ProcessSpec> = {}): ProcessSpec {
  const mark = join(scratch, `${name}-${String(Math.random()).slice(2)}`);
  return {
    name,
    command: '/bin/sh',
    args: ['-c', script],
    env: { ...process.env, MARK: mark },
    probe: () => (existsSync(mark) ? Promise.resolve() : Promise.reject(new Error('no mark'))),
    ...more,
  };
}

const serving = 'touch "$MARK"; exec sleep 60';
const ofKind = <Kind extends ProcessEvent['kind']>(events: ProcessEvent[], kind: Kind) =>
  events.filter((event): event is Extract<ProcessEvent, { kind: Kind }> => event.kind === kind);

afterEach(async () => {
  for (const supervisor of supervisors.splice(0)) {
    supervisor.killAll();
    await supervisor.stop();
  }
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('a supervised process', () => {
  it('is started, reported ready once its probe passes, and its output comes line by line', async () => {
    const { supervisor, events } = supervise();
    await supervisor.start(shell('one', `echo first; echo second >&2; ${serving}`));
    await eventually(() =>
      expect(
        ofKind(events, 'line')
          .map(({ line }) => line)
          .sort(),
      ).toEqual(['first', 'second']),
    );
    expect(supervisor.running.map(({ name }) => name)).toEqual(['one']);
    expect(ofKind(events, 'ready')).toHaveLength(1);
  });

  it('is started again after a kill, and can be waited for', async () => {
    const { supervisor, events } = supervise();
    await supervisor.start(shell('one', serving));
    const before = supervisor.running[0]?.pid;
    supervisor.kill('one', 'SIGKILL');
    await eventually(() => expect(ofKind(events, 'crashed')).toHaveLength(1));
    await supervisor.ready();
    expect(supervisor.running[0]?.pid).not.toBe(before);
    expect(ofKind(events, 'crashed')[0]).toMatchObject({ exit: 'SIGKILL', crashes: 1 });
  });

  it('that ends at once each time is tried again for ever, with growing pauses up to the cap', async () => {
    const { supervisor, events } = supervise();
    const aborted = new AbortController();
    const start = supervisor.start(shell('broken', 'echo cannot; exit 3'), aborted.signal);
    const outcome = expect(start).rejects.toThrow('broken did not become ready');
    await eventually(() => expect(ofKind(events, 'crashed').length).toBeGreaterThanOrEqual(6));
    aborted.abort();
    await outcome;
    const crashes = ofKind(events, 'crashed').slice(0, 6);
    expect(crashes.map(({ restartInMs }) => restartInMs)).toEqual([10, 20, 40, 40, 40, 40]);
    expect(crashes[4]).toMatchObject({ crashes: 5, exit: 'exit code 3', lastLines: ['cannot'] });
  });

  it('that ends with its final exit code is left alone, and whoever waits for it is told why', async () => {
    const { supervisor, events } = supervise();
    const start = supervisor.start(shell('misled', 'echo PORT is no number; exit 78', { finalExitCode: 78 }));
    await expect(start).rejects.toThrow('misled ended with exit code 78');
    await expect(supervisor.ready()).rejects.toThrow(GaveUp);
    expect(ofKind(events, 'started')).toHaveLength(1);
    expect(ofKind(events, 'crashed')).toEqual([]);
    expect(ofKind(events, 'line')).toMatchObject([{ line: 'PORT is no number' }]);
    expect(ofKind(events, 'gaveUp')).toMatchObject([{ name: 'misled', exit: 'exit code 78' }]);
  });

  it('that ran for long enough begins at the shortest pause again', async () => {
    const { supervisor, events } = supervise({ recoveredAfterMs: 1 });
    await supervisor.start(shell('one', serving));
    for (const crash of [1, 2, 3]) {
      await supervisor.ready();
      await new Promise((resolve) => setTimeout(resolve, 20)); // longer than it takes to have recovered
      supervisor.kill('one', 'SIGKILL');
      await eventually(() => expect(ofKind(events, 'crashed')).toHaveLength(crash));
    }
    expect(ofKind(events, 'crashed').map(({ crashes }) => crashes)).toEqual([1, 1, 1]);
  });

  it('whose command does not exist is reported, not thrown', async () => {
    const { supervisor, events } = supervise();
    supervisor.start(shell('none', '', { command: '/nowhere/at/all' })).catch(() => undefined);
    await eventually(() => expect(ofKind(events, 'crashed')[0]?.exit).toContain('ENOENT'));
  });
});

describe('stopping', () => {
  it('ends the last started first, and starts nothing again', async () => {
    const { supervisor, events } = supervise();
    for (const name of ['first', 'second', 'third']) await supervisor.start(shell(name, serving));
    await supervisor.stop();
    expect(ofKind(events, 'stopped').map(({ name }) => name)).toEqual(['third', 'second', 'first']);
    expect(ofKind(events, 'crashed')).toEqual([]);
    expect(supervisor.running).toEqual([]);
  });

  it('kills what does not end within its grace', async () => {
    const { supervisor, events } = supervise();
    await supervisor.start(
      shell('deaf', `trap '' TERM; touch "$MARK"; while :; do sleep 1; done`, { graceMs: 100 }),
    );
    await supervisor.stop();
    expect(ofKind(events, 'stopped')).toMatchObject([{ name: 'deaf', exit: 'SIGKILL', killed: true }]);
  });

  it('is quick while a process waits for its restart', async () => {
    const slow = new Supervisor({
      onEvent: () => undefined,
      backoff: { firstMs: 60_000, longestMs: 60_000 },
    });
    slow.start(shell('broken', 'exit 1')).catch(() => undefined);
    await eventually(() => expect(slow.running).toEqual([]));
    await slow.stop();
  });

  it('ends what a killed process had started', async () => {
    const { supervisor } = supervise();
    const pids = join(scratch, 'grandchild');
    await supervisor.start(shell('parent', `sleep 60 & echo $! > ${pids}; touch "$MARK"; wait`));
    const grandchild = Number(await readFile(pids, 'utf8'));
    supervisor.kill('parent', 'SIGKILL');
    await eventually(async () => expect(await processIdentity(grandchild)).toBeUndefined());
  });
});

describe('the guard', () => {
  it('ends what its owner left when the owner is killed', async () => {
    const owner = spawn(
      process.execPath,
      ['--conditions=source', join(import.meta.dirname, 'guard.fixture.ts')],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [printed] = (await once(owner.stdout, 'data')) as [Buffer];
    const [obedient = 0, deaf = 0] = printed.toString().trim().split(' ').map(Number);
    expect(await processIdentity(obedient)).toBeDefined();
    expect(await processIdentity(deaf)).toBeDefined();
    owner.kill('SIGKILL');
    await eventually(async () =>
      expect(await Promise.all([obedient, deaf].map(processIdentity))).toEqual([undefined, undefined]),
    );
  });

  it('leaves alone what it was told to forget', async () => {
    const guard = new ProcessGuard(1);
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    await once(child, 'spawn');
    guard.watch(child.pid ?? 0);
    guard.forget(child.pid ?? 0);
    guard.close();
    await eventually(async () => expect(await processIdentity(guard.pid ?? 0)).toBeUndefined());
    expect(child.exitCode).toBeNull();
    child.kill();
    await once(child, 'exit');
  });
});
