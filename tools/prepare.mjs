/**
 * Runs before `npm start` and `npm test`, on whatever Node the machine has (20 or newer) and without dependencies:
 * installs what package-lock.json asks for when that has changed, then builds when a source has changed. Takes a
 * tenth of a second when neither has.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const root = join(import.meta.dirname, '..');
const SOURCES = ['services', 'libs', 'contracts', 'tools', 'e2e'];
const INSTALLED = join(root, 'node_modules', '.formbus-installed');
const BUILT = join(root, 'dist', '.built');
/** Names the process that is at it, so that there is one at a time. */
const LOCK = join(root, '.preparing');
const LOOK_MS = 200;
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
const NODE = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

let holdsLock = false;

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(
    `Node ${process.versions.node} is too old: Formbus installs with Node 20 or newer (it then runs on its own Node 24).`,
  );
}
const isInstalled = () => existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === wantedHash();
if (!isInstalled() || !isBuilt()) {
  await takeTurn();
  try {
    if (!isInstalled()) await install();
    if (!isBuilt()) await build();
  } finally {
    leave();
  }
}

/** Two at once would take the files away from under each other. */
async function takeTurn() {
  for (let told = false; !writeLock(linkSync); await delay(LOOK_MS)) {
    const held = readLock();
    if (held === undefined) continue;
    const { text, pid, group } = held;
    // A number of one's own comes from another container, or from before the machine was started.
    const isHeld = (pid > 0 && pid !== process.pid && isAlive(pid)) || (group > 0 && isAlive(-group));
    if (!isHeld) putAside(text);
    else if (!told) {
      told = true;
      say(
        `process ${pid} installs or builds already; waiting for it (if there is no such thing, remove ${LOCK})`,
      );
    }
  }
}

/** Never seen half written. False when there is one already. */
function writeLock(place, group = 0) {
  const draft = `${LOCK}.${process.pid}`;
  writeFileSync(draft, `${process.pid} ${group}`);
  try {
    place(draft, LOCK);
    return (holdsLock = true);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Who is at it, with the group of what it has started, which goes on when it is killed. */
function readLock() {
  try {
    const text = readFileSync(LOCK, 'utf8');
    const [pid, group] = text.split(' ').map(Number);
    return { text, pid, group };
  } catch {
    return undefined; // it has gone meanwhile
  }
}

/** Takes away a lock that nobody holds, and puts it back when it was another one by then. */
function putAside(text) {
  const aside = `${LOCK}.${process.pid}.dead`;
  try {
    renameSync(LOCK, aside);
    if (readFileSync(aside, 'utf8') !== text) linkSync(aside, LOCK);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(error.code)) throw error; // others were faster
  } finally {
    rmSync(aside, { force: true });
  }
}

function leave() {
  if (holdsLock && readLock()?.pid === process.pid) rmSync(LOCK, { force: true });
}

/** Of a process, or of a group where the number is negative. */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function wantedHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

async function install() {
  const lockfile = readFileSync(join(root, 'package-lock.json'), 'utf8');
  if (!matchesInstalled(JSON.parse(lockfile))) {
    say('installing dependencies (a minute or so)');
    const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
    await run(
      [...npm, 'ci', '--include=dev', '--include=optional'],
      'npm could not install the dependencies; what it said is above. Try again; if that fails, remove node_modules first.',
    );
  }
  if (!existsSync(NODE)) {
    fail(
      'Node 24 was not installed by the package `node`: its install script did not run. Try `npm ci --ignore-scripts=false`.',
    );
  }
  writeFileSync(INSTALLED, wantedHash());
}

/** Whether node_modules already holds what the lockfile asks for, as after `npm install`. */
function matchesInstalled(wanted) {
  const path = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(path)) return false;
  const present = JSON.parse(readFileSync(path, 'utf8')).packages;
  return Object.entries(wanted.packages).every(([name, { version, optional, devOptional }]) => {
    if (name === '') return true;
    return present[name] ? present[name].version === version : Boolean(optional || devOptional);
  });
}

function isBuilt() {
  const newest = Math.max(
    ...['package.json', '.swcrc', ...SOURCES].map((name) => newestChange(join(root, name))),
  );
  return existsSync(BUILT) && statSync(BUILT).mtimeMs > newest;
}

async function build() {
  const started = performance.now();
  const began = new Date();
  const swc = join(root, 'node_modules', '@swc', 'cli', 'bin', 'swc.js');
  const options = ['-d', 'dist', '-q', '-C', 'jsc.rewriteRelativeImportExtensions=true'];
  await run([NODE, swc, ...SOURCES, ...options], 'The build failed; what the compiler said is above.');
  writeFileSync(BUILT, began.toISOString());
  utimesSync(BUILT, began, began); // what was edited during the build is newer than it
  say(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function newestChange(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
}

/**
 * Runs a command whose output must not mix with that of the command that runs next. It is ended with all of its children
 * when this process is told to end: npm would go on for minutes, to take back what the next installation removes anyway.
 */
async function run([command, ...args], failure) {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], detached: true });
  if (child.pid) writeLock(renameSync, child.pid);
  const stop = (signal) => {
    if (child.pid) killGroup(child.pid);
    leave();
    say('stopped; the next start begins where it has to');
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of STOPPING) process.on(signal, stop);
  try {
    const [status] = await once(child, 'close');
    if (status !== 0) fail(failure);
  } catch (error) {
    fail(`${command}: ${error.message}`);
  } finally {
    for (const signal of STOPPING) process.off(signal, stop);
  }
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // otherwise it has ended meanwhile
  }
}

function say(text) {
  process.stderr.write(`formbus: ${text}\n`);
}

function fail(text) {
  leave();
  say(text);
  process.exit(1);
}
