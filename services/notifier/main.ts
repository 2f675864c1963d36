import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { connectBus } from '#eventing/bus';
import { openLog } from '#eventing/open';
import { openRecords } from '#eventing/records';
import { DELIVERIES_STREAM, TASK_EVENTS_STREAM } from '#eventing/streams';
import { openTasks } from '#eventing/task/open';
import { connectDatabase } from '#readmodel/database';
import { busOptions } from '#service/bus-config';
import { answerRollCalls } from '#service/roll-call';
import { runService } from '#service/run';
import { startApi } from './api.role.ts';
import { NotifierConfig } from './config.ts';
import { openMail } from './mail/mail.ts';
import { mailSettings } from './mail/mail.settings.ts';
import { openParts } from './notifier.parts.ts';
import { startProjectors } from './projector.role.ts';
import { startWorker } from './worker.role.ts';

const source = '/formbus/notifier';

await runService({
  name: 'notifier',
  config: NotifierConfig,
  async start({ name, config, logger, readiness, liveness, signal }) {
    const settings = mailSettings(config);
    const bus = await connectBus({ ...busOptions(config), name: 'notifier', logger, signal });
    const database = connectDatabase({ uri: config.MONGODB_URI, logger });
    const { log, executor } = await openLog(bus, { events: EVENTS, upcasters: UPCASTERS, source });
    const records = {
      deliveries: await openRecords(bus, { stream: DELIVERIES_STREAM, source }),
      tasks: await openRecords(bus, { stream: TASK_EVENTS_STREAM, source }),
    };
    const tasks = openTasks(bus, { source });
    const webhooks = {
      allowCidrs: config.WEBHOOK_ALLOW_CIDRS,
      connectMs: config.WEBHOOK_CONNECT_TIMEOUT_MS,
      totalMs: config.WEBHOOK_TIMEOUT_MS,
    };
    const parts = await openParts({ bus, log, executor, tasks, records, logger, webhooks });
    const { deliveries } = records;
    const { queue } = tasks;
    const { rpc, directory } = parts;
    const mail = openMail({
      bus,
      log,
      executor,
      queue,
      deliveries,
      database,
      rpc,
      settings,
      logger,
      readiness,
    });
    readiness.add('bus', () => ({ ok: bus.connected }));
    // A connection that was closed for good does not come back, but a new process has a new one.
    liveness.add('bus', () => ({ ok: !bus.nc.isClosed() }));
    // Webhooks are delivered without it; only lists have to wait.
    readiness.add('mongodb', () => ({ ok: true, degraded: !database.available }));
    readiness.add('the webhooks', () => ({ ok: true, degraded: !directory.complete }));
    answerRollCalls(bus, { name, readiness });
    const roles: { stop(): Promise<void> }[] = [];
    if (config.ROLES.includes('projector')) roles.push(startProjectors({ parts, database, readiness }));
    if (config.ROLES.includes('worker'))
      roles.push(await startWorker({ parts, mail, database, tiers: config.TIERS, readiness }));
    if (config.ROLES.includes('api')) roles.push(await startApi({ parts, database, mail: mail.module }));
    return {
      async stop() {
        for (const role of roles.toReversed()) await role.stop();
        mail.close();
        await queue.drain();
        await parts.stop();
        await database.close();
        await bus.close();
      },
    };
  },
});
