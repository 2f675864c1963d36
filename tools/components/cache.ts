import { randomBytes } from 'node:crypto';
import { access, chmod, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where components are kept between runs: `$XDG_CACHE_HOME/formbus` or `~/.cache/formbus`. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'formbus');
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * Makes `target` (a file or a directory) once: `build` writes to a path of its own beside it, which is then renamed.
 * Runs side by side each build; the first to rename wins and the others use its result. Nothing half done is ever seen.
 */
export async function buildOnce(target: string, build: (scratch: string) => Promise<void>): Promise<string> {
  if (await exists(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  const scratch = `${target}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await build(scratch);
    await rename(scratch, target).catch(async (error: unknown) => {
      if (!(await exists(target))) throw error;
    });
    return target;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * Makes an executable once: `obtain` leaves it in a folder of its own and gives its path; it is kept when `check` takes
 * it. Gives what `check` does.
 */
export async function installOnce<Binary>(
  target: string,
  obtain: (folder: string) => Promise<string>,
  check: (path: string) => Promise<Binary>,
): Promise<Binary> {
  const path = await buildOnce(target, async (scratch) => {
    const folder = `${scratch}.parts`;
    await mkdir(folder);
    try {
      const binary = await obtain(folder);
      await chmod(binary, 0o755);
      await check(binary);
      await rename(binary, scratch);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
  return check(path);
}
