import { readFile } from 'node:fs/promises';
import { UserError } from '../start/user-error.ts';
import type { Place } from './place.ts';

/** A system that is run in another way: its places are given one by one. */
export interface NamedPlace {
  readonly natsUrl: string;
  readonly natsTokenFile: string | undefined;
  readonly mongoUri: string;
  readonly masterKeyFile: string;
}

/** @throws UserError when a secret can't be read */
export async function openNamed({
  natsUrl,
  natsTokenFile,
  mongoUri,
  masterKeyFile,
}: NamedPlace): Promise<Place> {
  const natsToken = natsTokenFile === undefined ? undefined : await secret(natsTokenFile);
  const masterKey = Buffer.from(await secret(masterKeyFile), 'base64');
  return { natsUrl, natsToken, mongoUri, masterKey, served: true, close: () => Promise.resolve() };
}

async function secret(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new UserError(`${file} can't be read: ${cause.message}`, { cause });
  });
  return text.trim();
}
