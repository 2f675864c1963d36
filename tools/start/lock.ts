import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { processIdentity } from '../process/identity.ts';
import { UserError } from './user-error.ts';

/** Who holds a data folder. */
interface Holder {
  readonly pid: number;
  /** When that process began: numbers of processes are used again. */
  readonly identity: string | undefined;
  /** The guard that ends the holder's children when the holder is killed. */
  readonly guard?: number;
}

export interface DirectoryLock {
  release(): Promise<void>;
}

const GUARD_PATIENCE_MS = 15_000;

/**
 * Takes the lock at `path` for this process. A lock whose holder has ended is taken over, once what the holder left
 * running has ended too.
 *
 * @throws UserError while the holder lives, and where the file system can't hold a lock
 */
export async function acquireLock(path: string, guard?: number): Promise<DirectoryLock> {
  try {
    return await acquire(path, guard);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${dirname(path)} can't be locked: ${reason}`, { cause: error });
  }
}

async function acquire(path: string, guard: number | undefined): Promise<DirectoryLock> {
  const own = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const content = JSON.stringify({
    pid: process.pid,
    identity: await processIdentity(process.pid),
    guard,
  } satisfies Holder);
  try {
    await writeFile(own, content, { mode: 0o600 });
    while (!(await linked(own, path))) {
      const found = await readIfThere(path);
      if (found === undefined) continue; // released in this moment
      await makeWay(path, found);
    }
  } finally {
    await rm(own, { force: true });
  }
  return {
    async release() {
      if ((await readIfThere(path)) === content) await rm(path, { force: true });
    },
  };
}

/** Anything but its absence is thrown: whoever tries again because of it would try for ever. */
function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(unlessAbsent);
}

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** A hard link is made in one step, and only when nothing has that name. */
async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function makeWay(path: string, found: string): Promise<void> {
  const holder = parseHolder(found);
  if (holder && (await lives(holder))) {
    throw new UserError(
      `this data folder is in use by process ${holder.pid}; stop that one, or choose another folder with --data`,
    );
  }
  if (holder?.guard !== undefined) await ended(holder.guard);
  // Two may find the same dead holder: whoever moves another lock than the one it judged puts that back.
  const aside = `${path}.stale.${randomBytes(4).toString('hex')}`;
  await rename(path, aside).catch(unlessAbsent);
  const moved = await readIfThere(aside);
  if (moved !== undefined && moved !== found) await linked(aside, path);
  await rm(aside, { force: true });
}

function parseHolder(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined; // written by nobody we know: the file of a machine that lost its power
  }
}

async function lives({ pid, identity }: Holder): Promise<boolean> {
  const now = await processIdentity(pid);
  return now !== undefined && now === identity;
}

async function ended(pid: number): Promise<void> {
  const deadline = performance.now() + GUARD_PATIENCE_MS;
  while ((await processIdentity(pid)) !== undefined && performance.now() < deadline) await pause(50);
}
