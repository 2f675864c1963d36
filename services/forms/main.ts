import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { connectBus } from '#eventing/bus';
import { openLog } from '#eventing/open';
import { connectDatabase } from '#readmodel/database';
import { busOptions } from '#service/bus-config';
import { answerRollCalls } from '#service/roll-call';
import { runService } from '#service/run';
import { startApi } from './api.role.ts';
import { FormsConfig } from './config.ts';
import { startProjectors } from './projector.role.ts';
import { startWorker } from './worker.role.ts';

await runService({
  name: 'forms',
  config: FormsConfig,
  async start({ name, config, logger, readiness, liveness, signal }) {
    const bus = await connectBus({ ...busOptions(config), name: 'forms', logger, signal });
    const database = connectDatabase({ uri: config.MONGODB_URI, logger });
    const { log, executor, keyring } = await openLog(bus, {
      events: EVENTS,
      upcasters: UPCASTERS,
      source: '/formbus/forms',
      masterKey: config.MASTER_KEY,
    });
    readiness.add('bus', () => ({ ok: bus.connected }));
    // A connection that was closed for good does not come back, but a new process has a new one.
    liveness.add('bus', () => ({ ok: !bus.nc.isClosed() }));
    // Submissions are taken without it; only lists have to wait.
    readiness.add('mongodb', () => ({ ok: true, degraded: !database.available }));
    answerRollCalls(bus, { name, readiness });
    const roles: { stop(): Promise<void> }[] = [];
    if (config.ROLES.includes('projector'))
      roles.push(startProjectors({ bus, log, database, logger, readiness }));
    if (config.ROLES.includes('api'))
      roles.push(await startApi({ bus, log, executor, keyring, database, logger }));
    if (config.ROLES.includes('worker'))
      roles.push(await startWorker({ bus, log, database, logger, tiers: config.TIERS }));
    return {
      async stop() {
        for (const role of roles.toReversed()) await role.stop();
        await database.close();
        await bus.close();
      },
    };
  },
});
