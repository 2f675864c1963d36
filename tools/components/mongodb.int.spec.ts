import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execute } from '../process/execute.ts';
import { fakeMachine, type FakeMachine } from '../testing/fake-commands.ts';
import { engineLoader } from './engine-loader.ts';
import { mongoCommand } from './mongodb-command.ts';
import { downloaded, embeddedRoute, installed } from './mongodb-routes.ts';
import { resolveLocalMongo, resolveMongo } from './mongodb.ts';
import { NotApplicable, type Route } from './route.ts';

let machine: FakeMachine;
const none: Route<never> = {
  name: 'download',
  attempt: () => Promise.reject(new NotApplicable('no network')),
};

beforeEach(async () => {
  machine = await fakeMachine({ tools: true });
});
afterEach(() => machine.remove());

describe('MongoDB', () => {
  it('at MONGODB_URI is used as it is', async () => {
    const uri = 'mongodb://db.example:27017';
    expect(await resolveMongo({ ...machine, env: { MONGODB_URI: uri } })).toEqual({ kind: 'external', uri });
  });

  it('on PATH comes before the embedded engine', async () => {
    const path = await machine.command('mongod', 'echo "db version v8.0.4"');
    expect(await resolveLocalMongo(machine)).toEqual({ kind: 'mongod', path, version: '8.0.4' });
  });

  it('on PATH is passed over when it is too old', async () => {
    await machine.command('mongod', 'echo "db version v4.4.29"');
    await expect(resolveLocalMongo(machine, [installed])).rejects.toThrow(
      'version 4.4.29 is too old, 7.0.0 is needed',
    );
  });

  it('that can be had nowhere is one error with every route and what to do', async () => {
    const routes = [installed, embeddedRoute('sunos-sparc'), none];
    await expect(resolveLocalMongo(machine, routes)).rejects.toThrow(
      /mongod on PATH: not found\n.*embedded-mongodb: not installed for sunos-sparc\n.*download: no network\n.*MONGODB_URI/,
    );
  });

  it('is downloaded where nothing else is found', async () => {
    const script = `mkdir -p m/bin && printf '#!/bin/sh\\necho "db version v8.2.6"\\n' > m/bin/mongod && chmod +x m/bin/mongod && tar -czf m.tgz m`;
    await execute('/bin/sh', ['-c', script], { timeoutMs: 10_000, cwd: machine.home });
    const bytes = await readFile(join(machine.home, 'm.tgz'));
    const md5 = createHash('md5').update(bytes).digest('hex');
    const mirror = createServer((request, response) =>
      response.end(request.url?.endsWith('.md5') ? `${md5}  m.tgz` : bytes),
    );
    mirror.listen(0, '127.0.0.1');
    await once(mirror, 'listening');
    process.env.MONGOMS_DOWNLOAD_MIRROR = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
    process.env.MONGOMS_USE_HTTP = 'true';
    try {
      expect(await resolveLocalMongo(machine, [downloaded])).toMatchObject({
        kind: 'mongod',
        version: '8.2.6',
      });
    } finally {
      delete process.env.MONGOMS_DOWNLOAD_MIRROR;
      delete process.env.MONGOMS_USE_HTTP;
      mirror.close();
    }
  });
});

describe('the command that starts it', () => {
  it('has the same address at every start on the same folder', async () => {
    const embedded = { kind: 'embedded', version: '0.1.1' } as const;
    const port = () => Promise.resolve(15_017);
    const folder = join(machine.home, 'mongo');
    const first = await mongoCommand(embedded, folder, port);
    expect(first.uri).toContain(encodeURIComponent(join(machine.home, 'run', 'mongodb.sock')));
    expect((await mongoCommand(embedded, folder, port)).uri).toBe(first.uri);
  });

  it('keeps the socket where its path is short enough, however deep the folder lies', async () => {
    const deep = join(machine.home, 'x'.repeat(80), 'mongo');
    const { endpoint } = await mongoCommand({ kind: 'embedded', version: '0.1.1' }, deep, () =>
      Promise.resolve(0),
    );
    expect('path' in endpoint && endpoint.path).toMatch(/^\/tmp\/formbus-\d+-[0-9a-f]{12}\/mongodb\.sock$/);
  });

  it('goes through the newer C library where one is needed', async () => {
    const loader = { linker: '/c/ld.so', libraryPath: '/c/lib' };
    const { command, args } = await mongoCommand(
      { kind: 'embedded', version: '0.1.1', loader },
      machine.home,
      () => Promise.resolve(0),
    );
    expect([command, ...args.slice(0, 3)]).toEqual([
      '/c/ld.so',
      '--library-path',
      '/c/lib',
      process.execPath,
    ]);
  });

  it('lets an installed mongod listen on this machine alone', async () => {
    const mongod = { kind: 'mongod', path: '/usr/bin/mongod', version: '8.0.4' } as const;
    const { args, uri } = await mongoCommand(mongod, join(machine.home, 'mongo'), () =>
      Promise.resolve(15_017),
    );
    expect(args.join(' ')).toContain('--bind_ip 127.0.0.1 --port 15017');
    expect(uri).toBe('mongodb://127.0.0.1:15017/?directConnection=true&retryWrites=false');
  });
});

describe('the C library', () => {
  const aptSources = (): string[] => [join(machine.home, 'debian.sources')];
  const apt = (download: string): Promise<string> =>
    machine.command('apt-get', `case "$*" in *update) exit 0 ;; *libc6/trixie*) ${download} ;; esac`);

  it('of the system is used where it is new enough, or another than glibc', async () => {
    expect(await engineLoader(machine, { glibc: '2.38', aptSources: [] })).toBeUndefined();
    expect(await engineLoader(machine, { glibc: '3.0', aptSources: [] })).toBeUndefined();
    expect(await engineLoader(machine, { glibc: undefined, aptSources: [] })).toBeUndefined();
  });

  it('is fetched from the mirror of this machine and kept', async () => {
    await writeFile(
      aptSources()[0] ?? '',
      'Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n',
    );
    await apt('touch libc6_2.41.deb libstdc++6_14.deb');
    await machine.command('dpkg', 'mkdir -p "$3/usr/lib" && echo "$2" >> "$3/usr/lib/unpacked"');
    const loader = await engineLoader(machine, { glibc: '2.36', aptSources: aptSources() });
    const unpacked = join(
      machine.home,
      '.cache',
      'formbus',
      `glibc-trixie-${process.arch}`,
      'usr',
      'lib',
      'unpacked',
    );
    expect((await readFile(unpacked, 'utf8')).trim().split('\n')).toHaveLength(2);
    expect(loader?.linker).toContain(loader?.libraryPath);
    expect(machine.said).toHaveLength(1);
    await apt('exit 1');
    expect(await engineLoader(machine, { glibc: '2.36', aptSources: aptSources() })).toEqual(loader);
  });

  it('that can not be fetched is told with the reason', async () => {
    await writeFile(aptSources()[0] ?? '', 'deb [arch=amd64] http://mirror.example/debian bookworm main\n');
    await apt('echo "E: no such host" >&2; exit 100');
    await expect(engineLoader(machine, { glibc: '2.36', aptSources: aptSources() })).rejects.toThrow(
      'glibc 2.38 is needed, this system has 2.36, and a newer one could not be fetched: apt-get failed: E: no such host',
    );
    await expect(engineLoader(machine, { glibc: '2.36', aptSources: [] })).rejects.toThrow(
      'only on Debian is it known where',
    );
  });
});
