import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openDataDirectory, readSecret } from '../start/data-directory.ts';
import { findRunning } from '../start/running.ts';
import { packageRoot } from '../start/services.ts';
import { startSystem } from '../start/system.ts';
import { UserError } from '../start/user-error.ts';

/** What the read models are made from, and where they lie. */
export interface Place {
  readonly natsUrl: string;
  readonly natsToken: string | undefined;
  readonly natsUser?: string | undefined;
  readonly natsPassword?: string | undefined;
  readonly mongoUri: string;
  readonly masterKey: Uint8Array;
  /** Whether services run on it: they do what is to be done by the holder of a lease. */
  readonly served: boolean;
  /** Stops what was started to get there. */
  close(): Promise<void>;
}

/** Where a checkout keeps data: of `npm start`, and of a demo that started its own system. */
export const dataFolders = (root = packageRoot()): { readonly system: string; readonly demo: string } => ({
  system: join(root, '.formbus'),
  demo: join(root, '.formbus', 'demo'),
});

/**
 * The system that runs on one of the folders; without one, nats-server and MongoDB on the first folder that holds
 * data, for as long as the place is open.
 *
 * @throws UserError when none of the folders holds data
 */
export async function openFolder(folders: readonly string[]): Promise<Place> {
  for (const folder of folders) {
    const running = await findRunning(folder);
    if (!running) continue;
    const { natsUrl, mongoUri } = running;
    const { natsToken, masterKey } = await secretsOf(folder);
    return { natsUrl, natsToken, mongoUri, masterKey, served: true, close: () => Promise.resolve() };
  }
  const folder = folders.find((candidate) => existsSync(join(candidate, 'nats')));
  if (folder === undefined) {
    throw new UserError(
      `no system runs here, and there is no data in ${folders.join(' or ')}; name a folder with --data`,
    );
  }
  const system = await startSystem({ dataDir: folder, services: false });
  const { natsUrl, natsToken, mongoUri } = system;
  const { masterKey } = await secretsOf(folder);
  return { natsUrl, natsToken, mongoUri, masterKey, served: false, close: () => system.stop() };
}

/** Of a place whose addresses are known by other means. */
export async function secretsOf(folder: string): Promise<Pick<Place, 'natsToken' | 'masterKey'>> {
  const data = await openDataDirectory(folder);
  const masterKey = Buffer.from(await readSecret(data.masterKeyFile), 'base64');
  return { natsToken: await readSecret(data.natsTokenFile), masterKey };
}
