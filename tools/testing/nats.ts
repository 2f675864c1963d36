import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { natsConfig } from '../components/nats-config.ts';
import { resolveNatsBinary } from '../components/nats-server.ts';
import { ambientContext } from '../components/route.ts';
import { freePort } from '../process/ports.ts';
import { ComponentProcess } from './child.ts';

/** A nats-server of a spec's own, with JetStream on an empty store, synced at every write as in production. */
export interface TestNats {
  readonly url: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** On the same port and store; kills it first if it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its store. */
  stop(): Promise<void>;
}

export async function startTestNats(): Promise<TestNats> {
  const path = process.env.FORMBUS_TEST_NATS_SERVER ?? (await resolveNatsBinary(ambientContext())).path;
  const directory = await mkdtemp(join(tmpdir(), 'formbus-nats-'));
  const port = await freePort();
  const config = join(directory, 'nats.conf');
  await writeFile(config, natsConfig({ port, storeDir: join(directory, 'store') }));
  const server = new ComponentProcess({
    command: path,
    args: ['-c', config],
    endpoint: { host: '127.0.0.1', port },
  });
  await server.start();
  return {
    url: `nats://127.0.0.1:${port}`,
    get pid() {
      return server.pid ?? 0;
    },
    kill: () => server.kill(),
    restart: () => server.restart(),
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
