import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#tools/testing/eventually';

/** A project of a spec's own, whose npm and compiler only write down that they were called. */
const project = mkdtempSync(join(tmpdir(), 'formbus-prepare-'));
const at = (...path: string[]): string => join(project, ...path);
const COMPILER = `require('node:fs').mkdirSync('dist', { recursive: true }); console.log('compiling')`;
const NPM = `
const fs = require('node:fs');
console.log('npm ' + process.argv.slice(2).join(' '));
if (fs.existsSync('offline')) process.exit(1);
if (fs.existsSync('slow')) {
  fs.writeFileSync('npm.pid', String(process.pid));
  process.on('SIGINT', () => {}); // as npm does: it goes on for minutes
  while (fs.existsSync('slow')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}
fs.mkdirSync('node_modules/node/bin', { recursive: true });
fs.mkdirSync('node_modules/@swc/cli/bin', { recursive: true });
fs.rmSync('node_modules/node/bin/node', { force: true });
fs.symlinkSync(process.execPath, 'node_modules/node/bin/node');
fs.writeFileSync('node_modules/@swc/cli/bin/swc.js', ${JSON.stringify(COMPILER)});
fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
`;
const lock = (version: string): void =>
  writeFileSync(
    at('package-lock.json'),
    JSON.stringify({
      packages: {
        '': { version: '0.1.0' },
        'node_modules/a': { version },
        'node_modules/b': { version: '1.0.0', optional: true },
      },
    }),
  );

beforeAll(() => {
  for (const folder of ['tools', 'services', 'libs', 'contracts', 'e2e']) mkdirSync(at(folder));
  copyFileSync(join(import.meta.dirname, 'prepare.mjs'), at('tools', 'prepare.mjs'));
  writeFileSync(at('npm.cjs'), NPM);
  lock('1.0.0');
});
afterAll(() => rmSync(project, { recursive: true }));

function prepare(): { status: number | null; did: string[] } {
  const env = { ...process.env, npm_execpath: at('npm.cjs'), NODE_OPTIONS: '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [at('tools', 'prepare.mjs')], {
    env,
    encoding: 'utf8',
  });
  expect(stdout).toBe(''); // what runs next may print JSON
  return { status, did: [...stderr.matchAll(/^(npm \w+|compiling)/gm)].map(([what]) => what) };
}

function prepareBeside() {
  const env = { ...process.env, npm_execpath: at('npm.cjs'), NODE_OPTIONS: '' };
  const child = spawn(process.execPath, [at('tools', 'prepare.mjs')], { env });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  return { child, said: () => said, ended: once(child, 'close') as Promise<[number | null]> };
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

function edit(path: string): void {
  const later = new Date(Date.now() + 60_000);
  writeFileSync(path, '');
  utimesSync(path, later, later);
}

describe('before a start', () => {
  it('what is missing is installed and built, the first time', () => {
    expect(prepare()).toEqual({ status: 0, did: ['npm ci', 'compiling'] });
  });

  it('nothing is done when nothing has changed', () => {
    expect(prepare()).toEqual({ status: 0, did: [] });
  });

  it('an edited source is built', () => {
    edit(at('services', 'x.ts'));
    expect(prepare()).toEqual({ status: 0, did: ['compiling'] });
    rmSync(at('services', 'x.ts'));
  });

  it('a changed lockfile is installed', () => {
    lock('2.0.0');
    expect(prepare().did).toContain('npm ci');
  });

  it('a changed lockfile whose packages are all there is not installed again', () => {
    lock('3.0.0');
    copyFileSync(at('package-lock.json'), at('node_modules', '.package-lock.json'));
    expect(prepare().did).not.toContain('npm ci');
  });

  it('an installation that fails is told, and tried again the next time', () => {
    lock('4.0.0');
    writeFileSync(at('offline'), '');
    expect(prepare()).toEqual({ status: 1, did: ['npm ci'] });
    rmSync(at('offline'));
    expect(prepare().did).toContain('npm ci');
    expect(existsSync(at('dist'))).toBe(true);
  });

  it('an installation that is stopped leaves nothing behind that goes on', async () => {
    lock('5.0.0');
    writeFileSync(at('slow'), '');
    const { child, said, ended } = prepareBeside();
    await eventually(() => expect(existsSync(at('npm.pid'))).toBe(true));
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(said()).toContain('stopped');
    const npm = Number(readFileSync(at('npm.pid'), 'utf8'));
    await eventually(() => expect(isRunning(npm)).toBe(false));
    rmSync(at('slow'));
    expect(prepare()).toEqual({ status: 0, did: ['npm ci'] });
  });

  it('two at once wait for each other, and it is done once', async () => {
    lock('6.0.0');
    rmSync(at('npm.pid'));
    writeFileSync(at('slow'), '');
    const first = prepareBeside();
    await eventually(() => expect(existsSync(at('npm.pid'))).toBe(true));
    const second = prepareBeside();
    await eventually(() => expect(second.said()).toContain(`process ${first.child.pid} installs`));
    rmSync(at('slow'));
    expect(await Promise.all([first.ended, second.ended])).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(second.said()).not.toContain('npm ci');
  });

  it('what a killed one has left is no hindrance, once what it had started has ended', async () => {
    lock('7.0.0');
    rmSync(at('npm.pid'));
    writeFileSync(at('slow'), '');
    const first = prepareBeside();
    await eventually(() => expect(existsSync(at('npm.pid'))).toBe(true));
    first.child.kill('SIGKILL');
    await once(first.child, 'exit'); // its output stays open, with what it had started
    const second = prepareBeside();
    await eventually(() => expect(second.said()).toContain(`process ${first.child.pid} installs`));
    rmSync(at('slow'));
    expect(await second.ended).toEqual([0, null]);
    expect(readdirSync(at()).filter((name) => name.startsWith('.preparing'))).toEqual([]);
  });

  it('nor is a file of that name that nobody wrote', () => {
    for (const text of ['', 'x']) {
      lock(`8.0.${text.length}`);
      writeFileSync(at('.preparing'), text);
      expect(prepare().did).toContain('npm ci');
    }
  });
});
