import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity } from '../process/identity.ts';
import { UserError } from './user-error.ts';

/** Where a running system is found by other commands of this checkout. Secrets stay in their own files. */
export interface Addresses {
  readonly url: string;
  readonly natsUrl: string;
  readonly mongoUri: string;
}

interface Announcement extends Addresses {
  readonly pid: number;
  /** When that process began: numbers of processes are used again. */
  readonly identity: string | undefined;
}

const fileOf = (root: string): string => join(root, 'running.json');

/** Says that this process runs a system on the data folder `root`. */
export async function announceRunning(root: string, addresses: Addresses): Promise<void> {
  const identity = await processIdentity(process.pid);
  const announcement: Announcement = { ...addresses, pid: process.pid, identity };
  await writeFile(fileOf(root), `${JSON.stringify(announcement, null, 2)}\n`, { mode: 0o600 });
}

export async function withdrawRunning(root: string): Promise<void> {
  await rm(fileOf(root), { force: true });
}

/** The system that runs on the data folder `root`, if any does. @throws UserError when the folder can't be read */
export async function findRunning(root: string): Promise<Addresses | undefined> {
  const text = await readFile(fileOf(root), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new UserError(`${root} can't be read: ${error.message}`, { cause: error });
  });
  const announcement = text === undefined ? undefined : parseAnnouncement(text);
  if (announcement === undefined) return undefined;
  const { pid, identity, ...addresses } = announcement;
  const now = await processIdentity(pid);
  return now !== undefined && now === identity ? addresses : undefined;
}

/** Undefined for one that is still being written, or was when the machine lost its power. */
function parseAnnouncement(text: string): Announcement | undefined {
  try {
    return JSON.parse(text) as Announcement;
  } catch {
    return undefined;
  }
}
