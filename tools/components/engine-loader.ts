import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute } from '../process/execute.ts';
import { buildOnce, cacheDirectory } from './cache.ts';
import { NotApplicable, type ResolveContext } from './route.ts';

/** The embedded engine's native addon was linked against this one. */
const GLIBC_FLOOR = [2, 38] as const;

const APT_SOURCES = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'];

/** A C library newer than the system's, that one process can be started with. Nothing on the system is changed. */
export interface EngineLoader {
  readonly linker: string;
  readonly libraryPath: string;
}

const TRIPLES: Readonly<Record<string, { triple: string; linker: string }>> = {
  x64: { triple: 'x86_64-linux-gnu', linker: 'ld-linux-x86-64.so.2' },
  arm64: { triple: 'aarch64-linux-gnu', linker: 'ld-linux-aarch64.so.1' },
};

export interface SystemLibraries {
  /** Version of glibc; undefined where the C library is another (as on macOS). */
  readonly glibc: string | undefined;
  /** Where apt is told of its repositories. */
  readonly aptSources: readonly string[];
}

/** Undefined where the system's own C library will do. Throws when it is too old and no newer one can be had. */
export async function engineLoader(
  context: ResolveContext,
  { glibc, aptSources }: SystemLibraries = { glibc: systemGlibc(), aptSources: APT_SOURCES },
): Promise<EngineLoader | undefined> {
  if (glibc === undefined || isNewEnough(glibc)) return undefined;
  const tooOld = `glibc ${GLIBC_FLOOR.join('.')} is needed, this system has ${glibc}`;
  const machine = TRIPLES[arch()];
  if (!machine) throw new NotApplicable(tooOld);
  const root = await buildOnce(
    join(cacheDirectory(context.env), `glibc-trixie-${arch()}`),
    async (scratch) => {
      context.progress(`fetching a newer C library for MongoDB's engine (this system has glibc ${glibc})`);
      await unpackNewer(scratch, aptSources, context.env).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${tooOld}, and a newer one could not be fetched: ${reason}`, { cause: error });
      });
    },
  );
  const libraryPath = join(root, 'usr', 'lib', machine.triple);
  return { linker: join(libraryPath, machine.linker), libraryPath };
}

/** The version of the C library that this process runs on; undefined where that is not glibc. */
export function systemGlibc(): string | undefined {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime;
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > GLIBC_FLOOR[0] || (major === GLIBC_FLOOR[0] && minor >= GLIBC_FLOOR[1]);
}

/** Debian 13's C and C++ libraries by apt, from the mirror that this machine uses, in a package tree of its own. */
async function unpackNewer(
  root: string,
  aptSources: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const mirror = await debianMirror(aptSources);
  const tree = await mkdtemp(join(tmpdir(), 'formbus-apt-'));
  try {
    await mkdir(join(tree, 'state', 'lists', 'partial'), { recursive: true });
    await mkdir(join(tree, 'cache', 'archives', 'partial'), { recursive: true });
    await writeFile(join(tree, 'status'), '');
    await writeFile(
      join(tree, 'sources.list'),
      `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror} trixie main\n`,
    );
    const options = [
      `Dir::State=${join(tree, 'state')}`,
      `Dir::State::status=${join(tree, 'status')}`,
      `Dir::Cache=${join(tree, 'cache')}`,
      `Dir::Etc::sourcelist=${join(tree, 'sources.list')}`,
      'Dir::Etc::sourceparts=-',
      'Acquire::Languages=none',
      'Acquire::Retries=1',
      'Acquire::http::Timeout=10',
      'Acquire::https::Timeout=10',
    ].flatMap((option) => ['-o', option]);
    await execute('apt-get', [...options, 'update'], { timeoutMs: 120_000, env });
    const packages = ['libc6', 'libstdc++6', 'libgcc-s1'].map((name) => `${name}/trixie`);
    await execute('apt-get', [...options, 'download', ...packages], { timeoutMs: 120_000, env, cwd: tree });
    await mkdir(root);
    for (const file of (await readdir(tree)).filter((name) => name.endsWith('.deb'))) {
      await execute('dpkg', ['-x', join(tree, file), root], { timeoutMs: 60_000, env });
    }
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

/** The first repository that this machine's own apt uses. */
async function debianMirror(sources: readonly string[]): Promise<string> {
  for (const file of sources) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const mirror = (/^URIs:\s*(\S+)/m.exec(text) ?? /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)/m.exec(text))?.[1];
    if (mirror !== undefined && mirror.includes('debian')) return mirror;
  }
  throw new NotApplicable('only on Debian is it known where');
}
