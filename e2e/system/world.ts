import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { FormDefinition } from '#contracts/form/definition';
import { connectBus, type Bus } from '#eventing/bus';
import { startSystem, type RunningSystem } from '#tools/start/system';
import type { TestMongo } from '#tools/testing/mongo';
import type { TestNats } from '#tools/testing/nats';
import { FormbusClient, type ClientOptions } from '../client/client.ts';

/** A whole embedded system on a folder of its own, for one spec file. */
export interface World {
  readonly system: RunningSystem;
  /** With the first key; repeats nothing. */
  readonly client: FormbusClient;
  /** Another client of the gateway; closed with the world. */
  clientWith(options: Partial<ClientOptions>): FormbusClient;
  close(): Promise<void>;
}

/** @param env of every service */
export async function startWorld(env: NodeJS.ProcessEnv = {}): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), 'formbus-e2e-'));
  const said: string[] = [];
  const system = await startSystem({
    dataDir,
    env: { LOG_LEVEL: 'warn', ...env },
    onEvent: (event) => {
      if (event.kind === 'line' && said.push(`${event.name} | ${event.line}`) > 50) said.shift();
    },
    signal: AbortSignal.timeout(60_000),
  }).catch((error: Error) => {
    throw new Error([error.message, ...said].join('\n'), { cause: error });
  });
  const clients: FormbusClient[] = [];
  const clientWith = (options: Partial<ClientOptions>): FormbusClient => {
    const made = new FormbusClient({ url: system.url, apiKey: system.apiKey, ...options });
    clients.push(made);
    return made;
  };
  return {
    system,
    client: clientWith({}),
    clientWith,
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await system.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A connection to the system's nats-server, for what no caller can do. The spec closes it. */
export function connectTo({ system }: World): Promise<Bus> {
  const { natsUrl: servers, natsToken: token } = system;
  return connectBus({ servers, name: 'spec', logger: pino({ level: 'silent' }), token });
}

/** A form with a name, an age and a colour. */
export const guestBook: FormDefinition = {
  title: 'Guest book',
  pages: [
    {
      fields: [
        { type: 'text', name: 'name', label: 'Name', required: true, maxLength: 100 },
        { type: 'integer', name: 'age', label: 'Age', min: 0, max: 150 },
        {
          type: 'select',
          name: 'colour',
          label: 'Colour',
          choices: [{ value: 'red' }, { value: 'green' }],
        },
      ],
    },
  ],
};

/** Publishes the guest book under an id. */
export async function publishGuestBook(client: FormbusClient, id: string): Promise<void> {
  await client.createForm(id, guestBook);
  await client.publishForm(id, 'first');
}

/** Where the process of that name says how it is, and shows its metrics. */
export function internalUrl({ system }: World, name: string, path: '/readyz' | '/metrics'): string {
  const found = system.processes.find((process) => process.name === name);
  if (found?.internalPort === undefined) throw new Error(`${name} has no internal port now`);
  return `http://127.0.0.1:${found.internalPort}${path}`;
}

/** Kills it, lets `work` meet that, and brings it back, whatever comes of it. */
export async function without<T>(component: TestNats | TestMongo, work: () => Promise<T>): Promise<T> {
  await component.kill();
  try {
    return await work();
  } finally {
    await component.restart();
  }
}

/** By name, to see whether one was started anew. */
export const pidsOf = ({ system }: World): Map<string, number> =>
  new Map(system.processes.map(({ name, pid }) => [name, pid]));
