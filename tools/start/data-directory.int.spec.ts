import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../testing/eventually.ts';
import { checkDiskSpace, checkRuntime, checkPort } from './checks.ts';
import { openDataDirectory, readSecret } from './data-directory.ts';
import { acquireLock } from './lock.ts';
import { LogFile } from './log-file.ts';
import { UserError } from './user-error.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'formbus-data-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('the data folder', () => {
  it('is made with its secrets, which only the owner can read', async () => {
    const data = await openDataDirectory(join(root, 'new', 'deep'));
    for (const file of [data.masterKeyFile, data.apiKeyFile, data.natsTokenFile])
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(data.root)).mode & 0o777).toBe(0o700);
    expect(Buffer.from(await readSecret(data.masterKeyFile), 'base64')).toHaveLength(32);
    expect(await readSecret(data.apiKeyFile)).toMatch(/^fb_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}$/);
  });

  it('keeps its secrets at every later start', async () => {
    const first = await openDataDirectory(root);
    const secrets = await Promise.all([first.masterKeyFile, first.apiKeyFile].map(readSecret));
    const second = await openDataDirectory(root);
    expect(await Promise.all([second.masterKeyFile, second.apiKeyFile].map(readSecret))).toEqual(secrets);
  });

  it('that can not be made is a clear error', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(openDataDirectory(join(root, 'file'))).rejects.toThrow(UserError);
    await expect(openDataDirectory(join(root, 'file', 'deep'))).rejects.toThrow(UserError);
  });

  it('is refused in one line by a file system that will not have it, and not tried without an end', async () => {
    // Linux refuses any folder here with ENOENT, macOS has no such folder and lets nobody make it.
    await expect(openDataDirectory('/proc/formbus/data')).rejects.toThrow(
      /^\/proc\/formbus\/data can't be used as data folder: \w+: [^\n]*$/,
    );
  });
});

describe('the lock', () => {
  it('is held by one at a time, and free again once released', async () => {
    const path = join(root, 'lock');
    const lock = await acquireLock(path);
    await expect(acquireLock(path)).rejects.toThrow(`in use by process ${process.pid}`);
    await lock.release();
    await (await acquireLock(path)).release();
    expect(await readdir(root)).toEqual([]);
  });

  it('is taken over from a process that has ended, by exactly one of those who try', async () => {
    const path = join(root, 'lock');
    await writeFile(path, JSON.stringify({ pid: 2 ** 22 + 1, identity: '1' }));
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map(() => acquireLock(path)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readdir(root)).toEqual(['lock']);
  });

  it('is taken over when the number of its process is another one by now', async () => {
    const path = join(root, 'lock');
    await writeFile(path, JSON.stringify({ pid: process.pid, identity: 'long ago' }));
    await (await acquireLock(path)).release();
  });

  it('is taken over when it is unreadable', async () => {
    const path = join(root, 'lock');
    await writeFile(path, '\0\0\0');
    await (await acquireLock(path)).release();
  });

  it.each(['lock', 'nowhere/lock'])('that can not be made or read (%s) is a clear error', async (path) => {
    await mkdir(join(root, 'lock'));
    const outcome = acquireLock(join(root, path));
    await expect(outcome).rejects.toThrow(UserError);
    await expect(outcome).rejects.toThrow(/ can't be locked: \w+: [^\n]*$/);
    expect(await readdir(root)).toEqual(['lock']);
  });

  it('of a killed process is free only when what that left running has ended', async () => {
    const guard = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(guard, 'spawn');
    const path = join(root, 'lock');
    await writeFile(path, JSON.stringify({ pid: 2 ** 22 + 1, identity: '1', guard: guard.pid }));
    let taken = false;
    const taking = acquireLock(path).then((lock) => {
      taken = true;
      return lock;
    });
    const exited = once(guard, 'exit');
    await new Promise((resolve) => setTimeout(resolve, 150)); // three looks at the guard
    expect(taken).toBe(false);
    guard.kill();
    await exited;
    await (await taking).release();
  });
});

describe('before anything is started', () => {
  it('a port in use is refused, with one that is free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(checkPort(port)).rejects.toThrow(new RegExp(`port ${port} is in use.*--port \\d+`));
    server.close();
    await once(server, 'close');
    await checkPort(port);
  });

  it('less than 1 GiB of free disk is refused', async () => {
    await checkDiskSpace(root, () => Promise.resolve(1024 ** 3));
    await expect(checkDiskSpace(root, () => Promise.resolve(1024 ** 3 - 1))).rejects.toThrow(
      'only 1023 MiB are free',
    );
  });

  it('an old Node and an unknown system are refused', () => {
    checkRuntime('24.0.0', 'darwin');
    expect(() => checkRuntime('22.11.0', 'linux')).toThrow('Node 22.11.0 is too old');
    expect(() => checkRuntime('24.0.0', 'win32')).toThrow('inside WSL');
  });
});

describe('a log file', () => {
  it('is set aside when it is full, and the oldest is dropped', async () => {
    const path = join(root, 'x.log');
    const file = new LogFile(path, { limitBytes: 20, kept: 2 });
    for (let line = 1; line <= 8; line++) file.write(`line ${line}`);
    await file.close();
    await eventually(async () => {
      const all = await Promise.all(
        (await readdir(root)).sort().map((name) => readFile(join(root, name), 'utf8')),
      );
      expect(all).toEqual(['line 7\nline 8\n', 'line 5\nline 6\n', 'line 3\nline 4\n']);
    });
  });

  it('goes on where it ended', async () => {
    const path = join(root, 'x.log');
    for (const line of ['one', 'two']) {
      const file = new LogFile(path);
      file.write(line);
      await file.close();
    }
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
  });
});
