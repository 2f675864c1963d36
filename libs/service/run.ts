import cluster from 'node:cluster';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { answerPrimary, tellReady } from './cluster-channel.ts';
import { runPrimary } from './cluster.ts';
import { ConfigError, loadConfig } from './config.ts';
import { startInternalServer } from './internal-server.ts';
import { watchLiveness } from './liveness.ts';
import { createLogger } from './logger.ts';
import { processMetrics } from './metrics.ts';
import { stopTracing } from './otel.ts';
import { onParentGone, onPrimaryGone } from './parent.ts';
import { Readiness } from './readiness.ts';
import { serviceSettings, type ServiceSettings } from './settings.ts';
import { EXIT, Shutdown } from './shutdown.ts';
import { startWatchdog } from './watchdog.ts';

export interface ServiceContext<Config> {
  readonly name: string;
  readonly config: Config & ServiceSettings;
  readonly logger: Logger;
  /** What must hold for requests to be welcome: add the bus, the database, the projections. */
  readonly readiness: Readiness;
  /** What must hold for the process to go on living; it exits by itself when one fails for 15 s. */
  readonly liveness: Readiness;
  /** Aborted when the process is told to stop; bounds every wait of a start. */
  readonly signal: AbortSignal;
}

export interface RunningService {
  /** Takes nothing new, finishes or hands back what is in hand, flushes, closes. */
  stop(): Promise<void>;
}

export interface ServiceDefinition<Schema extends z.ZodObject> {
  readonly name: string;
  /** The service's own settings; {@link serviceSettings} come on top. */
  readonly config: Schema;
  /** Resolves when requests can be served; a rejection ends the process. */
  start(context: ServiceContext<z.output<Schema>>): Promise<RunningService>;
  /**
   * Runs `start` in worker processes that share their listening ports, as many as this says; `undefined` follows
   * the CPU quota, also when it changes.
   */
  readonly workers?: (config: z.output<Schema>) => number | undefined;
}

/**
 * The one way to run a service: configuration, log, health and metrics, `start`, ready; and on SIGTERM, SIGINT or
 * the launcher's end a drain with a deadline. Exit codes are in {@link EXIT}. Called once, last, by a `main.ts`.
 */
export async function runService<Schema extends z.ZodObject>(
  definition: ServiceDefinition<Schema>,
): Promise<void> {
  const { name } = definition;
  let logger = createLogger({ service: name });
  const shutdown = new Shutdown(logger);
  shutdown.crashOnUnhandled();
  const config = configure(definition, logger);
  logger = createLogger({ service: name, level: config.LOG_LEVEL });
  // A worker gives up a little before its primary would kill it.
  shutdown.configure(logger, config.DRAIN_TIMEOUT_MS * (cluster.isWorker ? 0.9 : 1));
  shutdown.add('telemetry', stopTracing);
  listenForTheEnd(shutdown);
  try {
    if (definition.workers !== undefined && cluster.isPrimary) {
      const { workers } = definition;
      await runPrimary({ name, settings: config, logger, shutdown, workers: () => workers(config) });
    } else {
      await runHere(definition, config, logger, shutdown);
    }
  } catch (err) {
    if (!shutdown.signal.aborted) logger.fatal({ err }, 'could not start');
    shutdown.begin('could not start', EXIT.failed);
  }
}

function configure<Schema extends z.ZodObject>(
  definition: ServiceDefinition<Schema>,
  logger: Logger,
): z.output<Schema> & ServiceSettings {
  try {
    const schema = serviceSettings.extend(definition.config.shape);
    return loadConfig(schema) as z.output<Schema> & ServiceSettings; // what `extend` says, lost on a generic shape
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    logger.fatal({ problems: error.problems }, error.message);
    process.exit(EXIT.configuration);
  }
}

function listenForTheEnd(shutdown: Shutdown): void {
  process.on('SIGTERM', () => {
    shutdown.begin('SIGTERM');
  });
  process.on('SIGINT', () => {
    // A terminal sends it to the whole process group; a cluster's worker waits for its primary's word.
    if (cluster.isPrimary) shutdown.begin('SIGINT');
  });
  if (cluster.isPrimary) {
    onParentGone(() => {
      shutdown.begin('the launcher is gone');
    });
  } else {
    onPrimaryGone(() => {
      shutdown.begin('the primary is gone');
    });
  }
}

async function runHere<Schema extends z.ZodObject>(
  definition: ServiceDefinition<Schema>,
  config: z.output<Schema> & ServiceSettings,
  logger: Logger,
  shutdown: Shutdown,
): Promise<void> {
  const { name } = definition;
  const started = performance.now();
  const { signal } = shutdown;
  const readiness = new Readiness();
  const liveness = new Readiness();
  let state = 'starting';
  readiness.add('service', () => ({ ok: state === 'ready', detail: state }));
  signal.addEventListener('abort', () => (state = 'draining'));
  await exposeHealth({ name, config, shutdown, readiness, liveness });
  watchLiveness(liveness, logger, () => {
    shutdown.begin('liveness failed', EXIT.failed);
  });

  const starting = definition.start({ name, config, logger, readiness, liveness, signal });
  shutdown.add('service', async () => {
    const running = await starting.catch(() => undefined); // why it could not start is told by whoever awaits it below
    await running?.stop();
  });
  await starting;
  if (signal.aborted) return;
  state = 'ready';
  tellReady();
  logger.info({ startedInMs: Math.round(performance.now() - started) }, 'ready');
}

interface Exposed {
  readonly name: string;
  readonly config: ServiceSettings;
  readonly shutdown: Shutdown;
  readonly readiness: Readiness;
  readonly liveness: Readiness;
}

/** On the internal port; a cluster's worker tells its primary instead. */
async function exposeHealth({ name, config, shutdown, readiness, liveness }: Exposed): Promise<void> {
  const metrics = processMetrics(name);
  if (cluster.isWorker) {
    answerPrimary({ readiness, liveness });
    return;
  }
  shutdown.add('watchdog', startWatchdog(name, config.STUCK_AFTER_MS));
  const { INTERNAL_HOST: host, INTERNAL_PORT: port } = config;
  const server = await startInternalServer({ host, port, readiness, liveness, metrics });
  shutdown.add('internal server', () => server.close());
}
