import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '../process/ports.ts';
import type { ProcessSpec } from '../process/supervised.ts';
import type { DataDirectory } from './data-directory.ts';
import { probeReadiness } from './readiness.ts';
import { UserError } from './user-error.ts';

/** What a service exits with that is configured wrongly (sysexits.h, EX_CONFIG). */
const WRONG_CONFIGURATION = 78;

/** Each service with what it needs beyond the backends. All roles of a service run in one process here. */
const SERVICES: readonly {
  readonly name: string;
  readonly env: (data: DataDirectory, port: number) => NodeJS.ProcessEnv;
  /** Settings that it alone inherits from this process, for they hold secrets. */
  readonly inherits?: readonly string[];
}[] = [
  { name: 'forms', env: (data) => ({ ROLES: 'api,projector,worker', MASTER_KEY_FILE: data.masterKeyFile }) },
  {
    name: 'notifier',
    env: () => ({ ROLES: 'api,projector,worker' }),
    inherits: ['SMTP_URL', 'SMTP_USER', 'SMTP_PASSWORD'],
  },
  { name: 'gateway', env: (data, port) => ({ PORT: String(port), BOOTSTRAP_KEY_FILE: data.apiKeyFile }) },
];

export interface Service {
  readonly spec: ProcessSpec;
  readonly internalPort: number;
}

export interface ServiceOptions {
  readonly data: DataDirectory;
  readonly port: number;
  /** Of the backends, and whatever else every service is to be told. */
  readonly env: NodeJS.ProcessEnv;
}

export function describeServices({ data, port, env }: ServiceOptions): Promise<Service[]> {
  const root = packageRoot();
  const described = SERVICES.map(({ name, env: own, inherits = [] }) => ({
    name,
    own: own(data, port),
    inherits,
  }));
  const ofOne = described.flatMap(({ own, inherits }) => [...Object.keys(own), ...inherits]);
  return Promise.all(
    described.map(async ({ name, own, inherits }) => {
      const internalPort = await freePort();
      const entry = join('dist', 'services', name, 'main.js');
      if (!existsSync(join(root, entry)))
        throw new UserError(`${entry} is missing: run \`npm run build\` first`);
      return {
        internalPort,
        spec: {
          name,
          command: process.execPath,
          args: ['--import', './dist/libs/service/otel.js', entry],
          cwd: root,
          env: environment(
            { ...env, ...own, INTERNAL_PORT: String(internalPort) },
            ofOne.filter((setting) => !inherits.includes(setting)),
          ),
          probe: () => probeReadiness(internalPort),
          finalExitCode: WRONG_CONFIGURATION,
        },
      };
    }),
  );
}

/**
 * Ours over what this process was given. Of what is set for one service nothing is inherited by another, be it as
 * `NAME` or `NAME_FILE`: a master key that this shell exports is not the gateway's business.
 */
function environment(ours: NodeJS.ProcessEnv, ofOne: readonly string[]): NodeJS.ProcessEnv {
  const inherited = { ...process.env };
  for (const name of [...Object.keys(ours), ...ofOne]) {
    const plain = name.replace(/_FILE$/, '');
    delete inherited[plain];
    delete inherited[`${plain}_FILE`];
  }
  // A test runner's options are not a service's.
  delete inherited.NODE_OPTIONS;
  return { ...inherited, ...ours };
}

/** The folder of package.json, from the sources as from dist/. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
