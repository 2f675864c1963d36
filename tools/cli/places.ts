import { z } from 'zod';
import { BusConfig } from '#service/bus-config';
import { loadConfig } from '#service/config';
import { openDataDirectory, readSecret } from '../start/data-directory.ts';
import { findRunning } from '../start/running.ts';
import { UsageError } from '../start/user-error.ts';
import type { Io } from './io.ts';

/** Two ways to a running Formbus: its API with a key, or the bus that its services talk over. */
export const VIAS = ['gateway', 'bus'] as const;
export type Via = (typeof VIAS)[number];

/** What every command can be told; see the program's help. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly via?: Via;
  readonly url?: string;
  readonly key?: string;
  readonly nats?: string;
  readonly data?: string;
}

export interface GatewayPlace {
  /** Without a slash at its end. */
  readonly url: string;
  /** Undefined where none was given: then nothing can be asked there. */
  readonly key: string | undefined;
  /** By an option or the environment. */
  readonly named: boolean;
}

export interface BusPlace {
  readonly servers: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** By an option or the environment. */
  readonly named: boolean;
  /** Whether it is that of the running system that was found, named or not. */
  readonly discovered: boolean;
}

/** Where a Formbus can be reached, as far as that is known. */
export interface Places {
  readonly gateway?: GatewayPlace;
  readonly bus?: BusPlace;
  /** The data folder of the running system that was found. */
  readonly folder?: string;
}

/** Messages name the gateway by its address. */
const NO_PASSWORD =
  'must hold no name and no password: a gateway takes an API key alone, from FORMBUS_API_KEY or FORMBUS_API_KEY_FILE';

const Settings = z.object({
  ...BusConfig.shape,
  NATS_URL: z.string().min(1).optional(),
  FORMBUS_URL: z
    .string()
    .refine((url) => !url.includes('@'), NO_PASSWORD)
    .pipe(z.url({ protocol: /^https?$/ }))
    .optional(),
  FORMBUS_API_KEY: z.string().optional(),
});

/**
 * Options come first, then the environment, then the system that `npm start` runs on one of the folders. `--data` names
 * that one system, so it goes before the environment. A system that was only found is left out where another one is
 * named: half of a command line must not reach the one and half the other.
 *
 * @param folders where to look for a running system when `--data` names none
 * @throws UsageError, ConfigError
 */
export async function findPlaces(
  { url, key, nats, data }: GlobalOptions,
  env: Io['env'],
  folders: readonly string[],
): Promise<Places> {
  if (url?.includes('@') === true) throw new UsageError(`--url ${NO_PASSWORD}`);
  if (url !== undefined && !(/^https?:\/\/[^/]/.test(url) && URL.canParse(url))) {
    throw new UsageError(`--url must be an address like http://localhost:8080, not "${url}"`);
  }
  if (data === '') throw new UsageError('--data must name a folder');
  const settings: Partial<z.infer<typeof Settings>> = data === undefined ? loadConfig(Settings, env) : {};
  const namedUrl = (url ?? settings.FORMBUS_URL)?.replace(/\/+$/, '');
  const namedServers = nats ?? settings.NATS_URL;
  const found = await runningOn(data === undefined ? folders : [data]);
  const isOther =
    (namedUrl ?? found?.url) !== found?.url || (namedServers ?? found?.natsUrl) !== found?.natsUrl;
  const running = data === undefined && isOther ? undefined : found;
  const gatewayUrl = namedUrl ?? running?.url;
  const servers = namedServers ?? running?.natsUrl;
  return {
    ...(gatewayUrl !== undefined && {
      gateway: {
        url: gatewayUrl,
        named: namedUrl !== undefined,
        key: key ?? settings.FORMBUS_API_KEY ?? (gatewayUrl === running?.url ? running.key : undefined),
      },
    }),
    ...(servers !== undefined && {
      bus: {
        servers,
        user: settings.NATS_USER,
        password: settings.NATS_PASSWORD,
        named: namedServers !== undefined,
        discovered: servers === running?.natsUrl,
        token: settings.NATS_TOKEN ?? (servers === running?.natsUrl ? running.token : undefined),
      },
    }),
    ...(running !== undefined && { folder: running.folder }),
  };
}

interface Running {
  readonly folder: string;
  readonly url: string;
  readonly natsUrl: string;
  readonly key: string;
  readonly token: string;
}

async function runningOn(folders: readonly string[]): Promise<Running | undefined> {
  for (const folder of folders) {
    const found = await findRunning(folder);
    if (found === undefined) continue;
    const { apiKeyFile, natsTokenFile } = await openDataDirectory(folder);
    const [key, token] = await Promise.all([readSecret(apiKeyFile), readSecret(natsTokenFile)]);
    return { folder, url: found.url, natsUrl: found.natsUrl, key, token };
  }
  return undefined;
}

/**
 * Which way a command goes: the one that was asked for by `--via`, or by naming a place on the command line, or else in
 * the environment; otherwise the first of its ways whose place is known.
 *
 * @throws UsageError when the command can't go the way that was asked for
 */
export function chooseVia(
  talksTo: readonly Via[],
  { via, url, key, nats }: GlobalOptions,
  places: Places,
): Via | undefined {
  const [first] = talksTo;
  if (first === undefined) return undefined;
  if (via !== undefined) {
    if (talksTo.includes(via)) return via;
    throw new UsageError(`this command talks to the ${first} alone, not to the ${via}`);
  }
  const named = [...(nats === undefined ? [] : ['bus']), ...((url ?? key) ? ['gateway'] : [])];
  const known = talksTo.filter((one) => (one === 'bus' ? places.bus : places.gateway?.key) !== undefined);
  return (
    known.find((one) => named.includes(one)) ??
    known.find((one) => places[one]?.named === true) ??
    known[0] ??
    first
  );
}
