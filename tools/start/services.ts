import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '../process/ports.ts';
import type { ProcessSpec } from '../process/supervised.ts';
import type { DataDirectory } from './data-directory.ts';
import { probeReadiness } from './readiness.ts';
import { UserError } from './user-error.ts';

/** Each service with what it needs beyond the backends. All roles of a service run in one process here. */
const SERVICES: readonly {
  readonly name: string;
  readonly env: (data: DataDirectory, port: number) => NodeJS.ProcessEnv;
}[] = [
  { name: 'forms', env: (data) => ({ ROLES: 'api,projector', MASTER_KEY_FILE: data.masterKeyFile }) },
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
  return Promise.all(
    SERVICES.map(async ({ name, env: own }) => {
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
          env: environment({ ...env, ...own(data, port), INTERNAL_PORT: String(internalPort) }),
          probe: () => probeReadiness(internalPort),
        },
      };
    }),
  );
}

/** Ours over what this process was given; of `NAME` and `NAME_FILE` only the one that we set. */
function environment(ours: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const inherited = { ...process.env };
  for (const name of Object.keys(ours)) {
    delete inherited[name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : `${name}_FILE`];
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
