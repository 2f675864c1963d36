import type { ExternalMongo, LocalMongo } from '../components/mongodb-routes.ts';
import { resolveMongo } from '../components/mongodb.ts';
import type { ExternalNats, NatsBinary } from '../components/nats-routes.ts';
import { resolveNats } from '../components/nats-server.ts';
import { ProcessGuard } from '../process/guard.ts';
import { freePort } from '../process/ports.ts';
import type { ProcessEvent } from '../process/supervised.ts';
import { Supervisor } from '../process/supervisor.ts';
import { checkDiskSpace, checkPort } from './checks.ts';
import { mongoBackend, natsBackend } from './components.ts';
import { openDataDirectory, readSecret, type DataDirectory } from './data-directory.ts';
import { acquireLock } from './lock.ts';
import { announceRunning, withdrawRunning } from './running.ts';
import { describeServices } from './services.ts';

export type SystemEvent =
  | ProcessEvent
  | { readonly kind: 'found'; readonly component: ExternalNats | NatsBinary | ExternalMongo | LocalMongo }
  | { readonly kind: 'progress'; readonly text: string };

export interface SystemOptions {
  readonly dataDir: string;
  /** Of the public API; a free one when not given. */
  readonly port?: number;
  /** False starts nats-server and MongoDB alone, for work on the data with no service running. */
  readonly services?: boolean;
  /** More environment for every service. */
  readonly env?: NodeJS.ProcessEnv;
  readonly onEvent?: (event: SystemEvent) => void;
  /** Gives up starting when it aborts: everything is stopped again and `startSystem` rejects. */
  readonly signal?: AbortSignal;
}

/** All of Formbus in processes of this machine. */
export interface RunningSystem {
  /** Of the public API, without a trailing slash. */
  readonly url: string;
  readonly apiKey: string;
  readonly data: DataDirectory;
  readonly natsUrl: string;
  /** What the embedded nats-server asks of its clients; undefined for one named by NATS_URL. */
  readonly natsToken: string | undefined;
  readonly mongoUri: string;
  /** What runs at this moment. `internalPort` serves /livez, /readyz and /metrics. */
  readonly processes: readonly {
    readonly name: string;
    readonly pid: number;
    readonly internalPort?: number;
  }[];
  /** Sends a signal to one process; it is restarted when it ends. */
  kill(name: string, signal: NodeJS.Signals): void;
  /** Resolves when every process is ready (again). */
  ready(signal?: AbortSignal): Promise<void>;
  /** Stops the services, then what they stand on. Never rejects for a process that had to be killed. */
  stop(): Promise<void>;
  /** Ends everything without a goodbye. */
  killAll(): void;
}

/**
 * Starts nats-server, MongoDB and the services on one data folder, and resolves when all are ready. Nothing is left
 * running when it rejects, nor when this process is killed.
 */
export async function startSystem(options: SystemOptions): Promise<RunningSystem> {
  const { onEvent = () => undefined, signal } = options;
  const port = options.port ?? (await freePort());
  const data = await openDataDirectory(options.dataDir);
  const guard = new ProcessGuard();
  const supervisor = new Supervisor({ onEvent, guard });
  const lock = await acquireLock(data.lock, guard.pid).catch((error: unknown) => {
    guard.close();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await withdrawRunning(data.root);
    await supervisor.stop();
    guard.close();
    await lock.release();
  };
  try {
    await checkPort(port);
    await checkDiskSpace(data.root);
    const context = { env: process.env, progress: (text: string) => onEvent({ kind: 'progress', text }) };
    const found = <T extends Extract<SystemEvent, { kind: 'found' }>['component']>(component: T): T => {
      onEvent({ kind: 'found', component });
      return component;
    };
    const [nats, mongo] = await Promise.all([
      resolveNats(context).then(async (component) => natsBackend(found(component), data)),
      resolveMongo(context).then(async (component) => mongoBackend(found(component), data)),
    ]);
    const services =
      options.services === false
        ? []
        : await describeServices({ data, port, env: { ...options.env, ...nats.env, ...mongo.env } });
    signal?.throwIfAborted();
    await Promise.all([nats, mongo].map(async ({ spec }) => spec && supervisor.start(spec, signal)));
    await Promise.all(services.map(({ spec }) => supervisor.start(spec, signal)));
    const url = `http://localhost:${port}`;
    if (services.length > 0) {
      await announceRunning(data.root, { url, natsUrl: nats.url, mongoUri: mongo.url });
    }
    return {
      url,
      apiKey: await readSecret(data.apiKeyFile),
      data,
      natsUrl: nats.url,
      natsToken: nats.spec && (await readSecret(data.natsTokenFile)),
      mongoUri: mongo.url,
      get processes() {
        return supervisor.running.map(({ name, pid }) => ({
          name,
          pid,
          internalPort: services.find(({ spec }) => spec.name === name)?.internalPort,
        }));
      },
      kill: (name, how) => supervisor.kill(name, how),
      ready: (until) => supervisor.ready(until),
      stop,
      killAll: () => supervisor.killAll(),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
