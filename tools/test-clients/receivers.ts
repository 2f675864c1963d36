import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { execute } from '../process/execute.ts';

/** Where a receiver is built, and what is kept between runs. */
export interface Workshop {
  /** Its own, empty, and gone afterwards. */
  readonly folder: string;
  /** Downloads and compiled packages, so that they are made once. */
  readonly cache: string;
  /** Where programs are found, and how they are set up. */
  readonly env: NodeJS.ProcessEnv;
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Receiver {
  readonly name: 'node' | 'python' | 'go';
  /** Installs what it needs as its README says. Gives how to start it. Rejects with one line when that fails. */
  prepare(workshop: Workshop): Promise<Command>;
}

const SOURCES = join(import.meta.dirname, '..', '..', 'examples', 'receivers');

/** Compiling Go's standard library takes a busy machine a while. */
const PREPARE_MS = 600_000;

const copied = async (name: Receiver['name'], { folder }: Workshop): Promise<string> => {
  await cp(join(SOURCES, name), folder, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  return folder;
};

export const RECEIVERS: readonly Receiver[] = [
  {
    name: 'node',
    async prepare(workshop) {
      const cwd = await copied('node', workshop);
      const cache = join(workshop.cache, 'npm');
      const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--cache', cache];
      await execute('npm', ['install', ...quiet], { cwd, env: workshop.env, timeoutMs: PREPARE_MS });
      return { command: process.execPath, args: ['receiver.mjs'], cwd };
    },
  },
  {
    name: 'python',
    async prepare(workshop) {
      const cwd = await copied('python', workshop);
      const packages = join(cwd, 'packages');
      const target = ['--target', packages, '--cache-dir', join(workshop.cache, 'pip')];
      const quiet = ['--quiet', '--disable-pip-version-check'];
      await execute('python3', ['-m', 'pip', 'install', ...quiet, ...target, '-r', 'requirements.txt'], {
        cwd,
        env: workshop.env,
        timeoutMs: PREPARE_MS,
      });
      return { command: 'python3', args: ['receiver.py'], cwd, env: { PYTHONPATH: packages } };
    },
  },
  {
    name: 'go',
    async prepare(workshop) {
      const cwd = await copied('go', workshop);
      const caches = {
        GOCACHE: join(workshop.cache, 'go-build'),
        GOMODCACHE: join(workshop.cache, 'go-mod'),
        // What the module cache holds can be deleted like any other file.
        GOFLAGS: '-modcacherw -trimpath',
        CGO_ENABLED: '0',
      };
      const env = { ...workshop.env, ...caches };
      await execute('go', ['build', '-o', 'receiver', '.'], { cwd, env, timeoutMs: PREPARE_MS });
      return { command: join(cwd, 'receiver'), args: [], cwd };
    },
  },
];
