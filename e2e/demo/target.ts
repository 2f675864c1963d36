import { readFile, rm } from 'node:fs/promises';
import { openDataDirectory, readSecret } from '#tools/start/data-directory';
import { findRunning } from '#tools/start/running';
import { startSystem } from '#tools/start/system';
import { UsageError } from '#tools/start/user-error';
import { dataFolders } from '#tools/projections/place';
import type { DemoOptions } from './options.ts';

/** The system that the demo uses. */
export interface Target {
  readonly url: string;
  readonly apiKey: string;
  /** For a person: which one it is. */
  readonly name: string;
  /** Of its data, where that is at hand. */
  readonly folder: string | undefined;
  /** Stops what was started for the demo. */
  close(): Promise<void>;
}

type TargetOptions = Pick<DemoOptions, 'target' | 'fresh'> & {
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
};

/**
 * The system that was named; without a name, the one of this checkout that runs; without one, a system of its own on
 * free ports. That one keeps its folder, so that a second demo finds what the first one did.
 *
 * @throws UsageError when `fresh` is asked of a system that the demo did not start
 */
export async function openTarget(
  { target, fresh, signal, say }: TargetOptions,
  folders = dataFolders(),
): Promise<Target> {
  if (target) return { ...(await named(target)), close: () => Promise.resolve() };
  const running = await findRunning(folders.system);
  if (running) {
    if (fresh) {
      throw new UsageError(
        `--fresh: a system runs at ${running.url}, and the demo removes none of its data; stop it, or leave --fresh out`,
      );
    }
    const { apiKeyFile } = await openDataDirectory(folders.system);
    const apiKey = await readSecret(apiKeyFile);
    const name = 'the running system';
    return { url: running.url, apiKey, name, folder: folders.system, close: () => Promise.resolve() };
  }
  const folder = folders.demo;
  if (fresh) {
    if (await findRunning(folder)) throw new UsageError('--fresh: another demo is running');
    await rm(folder, { recursive: true, force: true });
  }
  say('No system runs here: starting one for the demo');
  const system = await startSystem({ dataDir: folder, signal });
  return {
    url: system.url,
    apiKey: system.apiKey,
    name: 'started for the demo',
    folder,
    close: () => system.stop(),
  };
}

async function named({ url, keyFile }: NonNullable<DemoOptions['target']>): Promise<Omit<Target, 'close'>> {
  const text = await readFile(keyFile, 'utf8').catch((error: Error) => {
    throw new UsageError(`the key file can't be read: ${error.message}`, { cause: error });
  });
  return { url, apiKey: text.trim(), name: 'named by --url', folder: undefined };
}
