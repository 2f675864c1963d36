import { statfs } from 'node:fs/promises';
import { freePort, portIsFree } from '../process/ports.ts';
import { UserError } from './user-error.ts';

const LEAST_FREE_BYTES = 1024 ** 3;

/** What is better known before anything is started. Each throws a `UserError` of one line that says what to do. */
export async function checkDiskSpace(directory: string, freeBytes = bytesFree): Promise<void> {
  const free = await freeBytes(directory);
  if (free >= LEAST_FREE_BYTES) return;
  const mebibytes = Math.floor(free / 1024 ** 2);
  throw new UserError(
    `only ${mebibytes} MiB are free on the disk of ${directory}, 1 GiB is needed; free some, or choose another disk with --data`,
  );
}

export async function checkPort(port: number): Promise<void> {
  if ((await portIsFree(port, '127.0.0.1')) && (await portIsFree(port, '0.0.0.0'))) return;
  throw new UserError(
    `port ${port} is in use; stop what uses it, or choose another: npm start -- --port ${await freePort()}`,
  );
}

export function checkRuntime(version = process.versions.node, platform: string = process.platform): void {
  if (platform === 'win32')
    throw new UserError('Formbus runs on Linux and macOS; on Windows, start it inside WSL');
  if (Number(version.split('.')[0]) >= 24) return;
  throw new UserError(`Node ${version} is too old; start with \`npm start\`, which brings Node 24 along`);
}

async function bytesFree(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}
