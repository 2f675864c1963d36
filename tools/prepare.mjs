/**
 * Runs before `npm start` and `npm test`, on whatever Node the machine has (20 or newer) and without dependencies:
 * installs what package-lock.json asks for when that has changed, then builds when a source has changed. Takes a
 * tenth of a second when neither has.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const SOURCES = ['services', 'libs', 'contracts', 'tools', 'e2e'];
const INSTALLED = join(root, 'node_modules', '.formbus-installed');
const BUILT = join(root, 'dist', '.built');
const NODE = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(
    `Node ${process.versions.node} is too old: Formbus installs with Node 20 or newer (it then runs on its own Node 24).`,
  );
}
install();
build();

function install() {
  const lockfile = readFileSync(join(root, 'package-lock.json'));
  const hash = createHash('sha256').update(lockfile).digest('hex');
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === hash) return;
  if (!matchesInstalled(JSON.parse(lockfile.toString()))) {
    say('installing dependencies (a minute or so)');
    const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
    run(
      [...npm, 'ci', '--include=dev', '--include=optional'],
      'npm could not install the dependencies; what it said is above.',
    );
  }
  if (!existsSync(NODE)) {
    fail(
      'Node 24 was not installed by the package `node`: its install script did not run. Try `npm ci --ignore-scripts=false`.',
    );
  }
  writeFileSync(INSTALLED, hash);
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

function build() {
  const newest = Math.max(
    ...['package.json', '.swcrc', ...SOURCES].map((name) => newestChange(join(root, name))),
  );
  if (existsSync(BUILT) && statSync(BUILT).mtimeMs > newest) return;
  const started = performance.now();
  const began = new Date();
  const swc = join(root, 'node_modules', '@swc', 'cli', 'bin', 'swc.js');
  const options = ['-d', 'dist', '-q', '-C', 'jsc.rewriteRelativeImportExtensions=true'];
  run([NODE, swc, ...SOURCES, ...options], 'The build failed; what the compiler said is above.');
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

function run([command, ...args], failure) {
  // What these print must not mix with the output of the command that runs next.
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) fail(`${command}: ${error.message}`);
  if (status !== 0) fail(failure);
}

function say(text) {
  process.stderr.write(`formbus: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
