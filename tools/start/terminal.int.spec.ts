import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import colors from 'picocolors';
import { Terminal } from './terminal.ts';
import { welcome } from './welcome.ts';

const plain = colors.createColors(false);
const logs = await mkdtemp(join(tmpdir(), 'formbus-logs-'));
let said = '';
let terminal: Terminal;
beforeEach(() => {
  said = '';
  terminal = new Terminal({ colors: plain, logs, write: (text) => (said += text) });
});
afterAll(() => rm(logs, { recursive: true, force: true }));

const crash = (crashes: number) => ({
  kind: 'crashed' as const,
  name: 'forms',
  exit: 'exit code 1',
  crashes,
  restartInMs: 1234,
  lastLines: ['{"level":"error","msg":"no key"}', 'last'],
});

describe('the terminal', () => {
  it('tells what was found, and what became ready how soon', () => {
    terminal.onEvent({
      kind: 'found',
      component: { kind: 'binary', path: '/bin/nats-server', version: '2.15.1' },
    });
    terminal.onEvent({ kind: 'found', component: { kind: 'embedded', version: '0.1.1' } });
    terminal.onEvent({ kind: 'found', component: { kind: 'mongod', path: '/bin/mongod', version: '8.0.4' } });
    terminal.onEvent({ kind: 'found', component: { kind: 'external', url: 'nats://n', version: '2.15.0' } });
    terminal.onEvent({ kind: 'found', component: { kind: 'external', uri: 'mongodb://user:secret@m' } });
    terminal.onEvent({ kind: 'progress', text: 'downloading' });
    terminal.onEvent({ kind: 'started', name: 'forms', pid: 1 });
    terminal.onEvent({ kind: 'ready', name: 'forms', afterMs: 1234 });
    terminal.onEvent({ kind: 'ready', name: 'forms', afterMs: 100 });
    expect(said.split('\n')).toEqual([
      '  ✓ nats-server 2.15.1 (/bin/nats-server)',
      '  ✓ MongoDB, embedded engine',
      '  ✓ MongoDB 8.0.4 (/bin/mongod)',
      '  ✓ NATS 2.15.0 at NATS_URL',
      '  ✓ MongoDB at MONGODB_URI',
      '    downloading …',
      '  ✓ forms is ready after 1.2 s',
      '  ✓ forms is ready again after 0.1 s',
      '',
    ]);
  });

  it('says in one line that a process ended, and after the fifth time shows its last lines, once', () => {
    terminal.onEvent(crash(1));
    terminal.onEvent(crash(5));
    terminal.onEvent(crash(6));
    expect(said.split('\n')).toEqual([
      '  ! forms ended (exit code 1); starting it again in 1.2 s',
      `  ✗ forms has ended 5 times in a row (exit code 1); trying again in 1.2 s. Its log: ${join(logs, 'forms.log')}`,
      'forms   │ ERROR no key',
      'forms   │ last',
      `  ✗ forms has ended 6 times in a row (exit code 1); trying again in 1.2 s. Its log: ${join(logs, 'forms.log')}`,
      '',
    ]);
  });

  it('shows what a process says before its first end, and then not again before it is ready', () => {
    const says = (line: string) => terminal.onEvent({ kind: 'line', name: 'forms', stream: 'stderr', line });
    says('no key');
    terminal.onEvent(crash(1));
    says('no key');
    terminal.onEvent({ kind: 'ready', name: 'forms', afterMs: 1 });
    says('hello');
    expect(said.match(/no key/g)).toHaveLength(1);
    expect(said).toContain('hello');
  });

  it('shows of the logs what matters, and keeps all of them in files', async () => {
    for (const line of ['{"level":"debug","msg":"detail"}', '{"level":"info","msg":"hello"}'])
      terminal.onEvent({ kind: 'line', name: 'gateway', stream: 'stdout', line });
    for (const line of ['[1] [INF] all is well', '[1] [ERR] no space'])
      terminal.onEvent({ kind: 'line', name: 'nats', stream: 'stderr', line });
    await terminal.close();
    expect(said).toBe('gateway │ INFO hello\nnats    │ [1] [ERR] no space\n');
    expect(await readFile(join(logs, 'gateway.log'), 'utf8')).toBe(
      '{"level":"debug","msg":"detail"}\n{"level":"info","msg":"hello"}\n',
    );
    expect(await readFile(join(logs, 'nats.log'), 'utf8')).toContain('all is well');
  });

  it('tells what did not stop by itself', () => {
    terminal.onEvent({ kind: 'stopped', name: 'forms', exit: 'exit code 0', killed: false });
    terminal.onEvent({ kind: 'stopped', name: 'gateway', exit: 'SIGKILL', killed: true });
    expect(said).toBe('  ✓ forms stopped\n  ! gateway did not stop in time and was killed\n');
  });
});

it('the welcome names the docs, a command that works, and the key by its file alone', () => {
  const data = {
    root: '/home/u/p/.formbus',
    apiKeyFile: '/home/u/p/.formbus/secrets/api-key',
    logs: '/home/u/p/.formbus/logs',
  };
  const text = welcome({ url: 'http://localhost:8080', data: data as never }, 3210, plain, '/home/u/p');
  expect(text).toContain('http://localhost:8080/docs');
  expect(text).toContain(
    'curl -H "Authorization: Bearer $(cat .formbus/secrets/api-key)" http://localhost:8080/v1/forms',
  );
  expect(text).toContain('in 3.2 s');
});
