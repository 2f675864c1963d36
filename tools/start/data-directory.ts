import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { issueApiKey } from '#security/api-key';
import { UserError } from './user-error.ts';

/** Where an embedded system keeps everything. All of it is readable by its owner alone. */
export interface DataDirectory {
  readonly root: string;
  readonly lock: string;
  readonly natsStore: string;
  readonly natsConfig: string;
  readonly mongo: string;
  readonly logs: string;
  readonly masterKeyFile: string;
  readonly apiKeyFile: string;
  readonly natsTokenFile: string;
  /** Exists once the demo form was set up. */
  readonly demoMark: string;
}

/** Opens the folder, creating it and its secrets when they are missing. A secret that exists is never replaced. */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const root = resolve(path);
  const directory: DataDirectory = {
    root,
    lock: join(root, 'lock'),
    natsStore: join(root, 'nats'),
    natsConfig: join(root, 'nats.conf'),
    mongo: join(root, 'mongo'),
    logs: join(root, 'logs'),
    masterKeyFile: join(root, 'secrets', 'master-key'),
    apiKeyFile: join(root, 'secrets', 'api-key'),
    natsTokenFile: join(root, 'secrets', 'nats-token'),
    demoMark: join(root, 'demo-is-set-up'),
  };
  try {
    for (const folder of [
      root,
      join(root, 'secrets'),
      directory.natsStore,
      directory.mongo,
      directory.logs,
    ]) {
      await makeFolder(folder);
    }
    await chmod(root, 0o700);
    await createSecret(directory.masterKeyFile, () => randomBytes(32).toString('base64'));
    await createSecret(directory.apiKeyFile, () => issueApiKey().key);
    await createSecret(directory.natsTokenFile, () => randomBytes(32).toString('base64url'));
  } catch (error) {
    throw new UserError(
      `${root} can't be used as data folder: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  return directory;
}

/** Without the line's end. */
export async function readSecret(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trim();
}

/**
 * Makes a folder where there is none, and those above it. Not by `recursive`: where a file system answers ENOENT for
 * what it will not have (/proc does), Node tries for ever, on all of a core.
 */
async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  await makeFolder(dirname(path));
  await mkdir(path, { mode: 0o700 }).catch(async (error: unknown) => {
    if (!(await isFolder(path))) throw error; // or another start made it in this moment
  });
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function createSecret(file: string, make: () => string): Promise<void> {
  await writeFile(file, `${make()}\n`, { mode: 0o600, flag: 'wx', flush: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
}
