import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { PROJECTION_NAMES } from '#contracts/operations/projections';
import { connectBus } from '#eventing/bus';
import { DeadLetters } from '#eventing/dead-letters';
import { openLog } from '#eventing/open';
import { openTasks } from '#eventing/task/open';
import { busOptions } from '#service/bus-config';
import { answerRollCalls } from '#service/roll-call';
import { RpcClient } from '#service/rpc-client';
import type { RunningService, ServiceContext } from '#service/run';
import { AccessDirectory } from './access/access.directory.ts';
import { bootstrap } from './access/bootstrap.ts';
import type { GatewayConfig } from './config.ts';
import { createHttpApp } from './http/app.ts';
import { ProjectionWatch } from './operations/projection-watch.ts';

/** One worker of the gateway: resolves when it serves the API. */
export async function startGateway({
  name,
  config,
  logger,
  readiness,
  liveness,
  signal,
}: ServiceContext<GatewayConfig>): Promise<RunningService> {
  const bus = await connectBus({ ...busOptions(config), name: 'gateway', logger, signal });
  const { log, executor } = await openLog(bus, {
    events: EVENTS,
    upcasters: UPCASTERS,
    source: '/formbus/gateway',
  });
  await bootstrap(executor, config.BOOTSTRAP_WORKSPACE, config.BOOTSTRAP_KEY);
  const directory = new AccessDirectory(log, logger);
  await directory.start();
  const rpc = new RpcClient(bus);
  const tasks = openTasks(bus, { source: '/formbus/gateway' });
  const deadLetters = new DeadLetters(bus, tasks.tracking);
  const projections = new ProjectionWatch(bus, { expected: PROJECTION_NAMES });
  const app = await createHttpApp(
    {
      directory,
      executor,
      rpc,
      tasks,
      deadLetters,
      projections,
      operatorWorkspace: config.BOOTSTRAP_WORKSPACE,
      logger,
    },
    {
      bodyLimit: config.BODY_LIMIT_BYTES,
      ...(config.PUBLIC_URL === undefined ? {} : { publicUrl: config.PUBLIC_URL }),
    },
  );
  readiness.add('bus', () => ({ ok: bus.connected }));
  // A connection that was closed for good does not come back, but a new process has a new one.
  liveness.add('bus', () => ({ ok: !bus.nc.isClosed() }));
  readiness.add('keys', () => ({ ok: directory.complete }));
  answerRollCalls(bus, { name, readiness });
  await app.listen(config.PORT, config.HOST);
  logger.info({ url: await app.getUrl() }, 'listening');
  return {
    async stop() {
      await app.close();
      await executor.drain();
      await tasks.queue.drain();
      projections.stop();
      await directory.stop();
      await bus.close();
    },
  };
}
