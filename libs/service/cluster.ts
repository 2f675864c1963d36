import { cpuCount } from '#cgroup/quota';
import { watchQuota } from '#cgroup/watch';
import type { Logger } from 'pino';
import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client';
import { startInternalServer } from './internal-server.ts';
import type { MetricsSource } from './metrics.ts';
import { statusOf, type Check, type Health, type HealthReport } from './readiness.ts';
import type { ServiceSettings } from './settings.ts';
import type { Shutdown } from './shutdown.ts';
import { startWatchdog } from './watchdog.ts';
import { WorkerPool } from './worker-pool.ts';

export interface PrimaryOptions {
  readonly name: string;
  readonly settings: ServiceSettings;
  readonly logger: Logger;
  readonly shutdown: Shutdown;
  /** How many workers were asked for; undefined follows the CPU quota. */
  readonly workers: () => number | undefined;
}

/**
 * A cluster's primary only watches: it keeps the workers running, answers for their health and metrics on the
 * internal port, and drains them when it is told to. It is ready when at least one worker is.
 */
export async function runPrimary({
  name,
  settings,
  logger,
  shutdown,
  workers,
}: PrimaryOptions): Promise<void> {
  shutdown.add('watchdog', startWatchdog(name, settings.STUCK_AFTER_MS));
  const pool = new WorkerPool({
    logger,
    stuckAfterMs: settings.STUCK_AFTER_MS,
    giveUp: (exitCode) => {
      logger.fatal({ exitCode }, 'no worker can start');
      shutdown.begin('no worker can start', exitCode);
    },
  });
  const server = await startInternalServer({
    host: settings.INTERNAL_HOST,
    port: settings.INTERNAL_PORT,
    readiness: readinessOf(pool, shutdown.signal),
    liveness: { report: () => Promise.resolve({ status: 'ok', checks: {} }) },
    metrics: metricsOf(pool, name),
  });
  shutdown.add('internal server', () => server.close());
  shutdown.add('workers', () => stopWorkers(pool, settings.DRAIN_TIMEOUT_MS));
  const asked = workers();
  pool.resize(asked ?? cpuCount());
  logger.info({ workers: pool.size, internal: server.url }, 'workers started');
  if (asked !== undefined) return;
  const stopWatching = watchQuota((now) => {
    if (now.cpuCount === pool.size || shutdown.signal.aborted) return;
    logger.info({ cpus: now.cpus, from: pool.size, to: now.cpuCount }, 'the CPU quota changed');
    pool.resize(now.cpuCount);
  });
  shutdown.signal.addEventListener('abort', stopWatching);
}

/** @throws when workers had to be killed: between their own deadline and the primary's */
async function stopWorkers(pool: WorkerPool, drainTimeoutMs: number): Promise<void> {
  let killed = false;
  const timer = setTimeout(() => {
    killed = true;
    pool.kill();
  }, drainTimeoutMs * 0.95);
  await pool.stop();
  clearTimeout(timer);
  if (killed) throw new Error('workers that had not drained in time were killed');
}

function readinessOf(pool: WorkerPool, draining: AbortSignal): Health {
  return {
    async report(): Promise<HealthReport> {
      if (draining.aborted)
        return { status: 'failed', checks: { service: { ok: false, detail: 'draining' } } };
      const reports = await pool.ask('readiness');
      const ready = reports.filter((report) => report !== undefined && report.status !== 'failed').length;
      const workers: Check = {
        ok: ready > 0,
        degraded: ready < pool.size,
        detail: `${ready} of ${pool.size} workers ready`,
      };
      const own = reports.flatMap((report, at) => describe(report, at + 1));
      const status = workers.ok && own.some(([, check]) => check.degraded) ? 'degraded' : statusOf([workers]);
      return { status, checks: Object.fromEntries([['workers', workers], ...own]) };
    },
  };
}

const describe = (report: HealthReport | undefined, number: number): [string, Check][] =>
  report === undefined
    ? [[`worker ${number}`, { ok: false, detail: 'no answer' }]]
    : Object.entries(report.checks).map(([name, check]) => [`worker ${number} ${name}`, check]);

/** The workers' metrics added up (or averaged, as each metric says), and the pool's own. */
function metricsOf(pool: WorkerPool, service: string): MetricsSource {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  const answering = new Gauge({
    name: 'formbus_cluster_workers',
    help: 'Worker processes: wanted, and answering',
    labelNames: ['state'],
    registers: [registry],
  });
  const restarts = new Counter({
    name: 'formbus_cluster_worker_restarts_total',
    help: 'Workers started because one had exited',
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    async text() {
      const answers = (await pool.ask('metrics')).filter((metrics) => metrics !== undefined);
      answering.set({ state: 'wanted' }, pool.size);
      answering.set({ state: 'answering' }, answers.length);
      restarts.reset();
      restarts.inc(pool.restarts);
      const workers = AggregatorRegistry.aggregate(answers);
      return (await workers.metrics()) + (await registry.metrics());
    },
  };
}
