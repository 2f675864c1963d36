import { writeFile } from 'node:fs/promises';
import { mongoCommand } from '../components/mongodb-command.ts';
import type { ExternalMongo, LocalMongo } from '../components/mongodb-routes.ts';
import { natsConfig } from '../components/nats-config.ts';
import type { ExternalNats, NatsBinary } from '../components/nats-routes.ts';
import { accepts, freePort } from '../process/ports.ts';
import type { ProcessSpec } from '../process/supervised.ts';
import { readSecret, type DataDirectory } from './data-directory.ts';

/** Something that services connect to: where, what else they need to know, and how it is started unless it runs already. */
export interface Backend {
  readonly url: string;
  readonly env: NodeJS.ProcessEnv;
  readonly spec?: ProcessSpec;
}

export async function natsBackend(nats: ExternalNats | NatsBinary, data: DataDirectory): Promise<Backend> {
  if (nats.kind === 'external') return { url: nats.url, env: { NATS_URL: nats.url } };
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const token = await readSecret(data.natsTokenFile);
  await writeFile(data.natsConfig, natsConfig({ port, storeDir: data.natsStore, token }), { mode: 0o600 });
  return {
    url,
    env: { NATS_URL: url, NATS_TOKEN_FILE: data.natsTokenFile },
    spec: {
      name: 'nats',
      command: nats.path,
      args: ['-c', data.natsConfig],
      probe: () => accepts({ host: '127.0.0.1', port }),
    },
  };
}

export async function mongoBackend(mongo: ExternalMongo | LocalMongo, data: DataDirectory): Promise<Backend> {
  if (mongo.kind === 'external') return { url: mongo.uri, env: { MONGODB_URI: mongo.uri } };
  const { command, args, uri, endpoint } = await mongoCommand(mongo, data.mongo, freePort);
  return {
    url: uri,
    env: { MONGODB_URI: uri },
    spec: { name: 'mongo', command, args, probe: () => accepts(endpoint) },
  };
}
