import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { KEPT } from '#contracts/operations/projections';
import { projectionRebuildTasks } from '#contracts/operations/projection-rebuild.task';
import { projectionVerifyTasks } from '#contracts/operations/projection-verify.task';
import { connectBus, type Bus } from '#eventing/bus';
import { openLog } from '#eventing/open';
import { openRecords } from '#eventing/records';
import { openTasks, type Tasks } from '#eventing/task/open';
import { startTaskWorkers, type TaskWorkers } from '#eventing/task/workers';
import { connectDatabase, type Database } from '#readmodel/database';
import { projectionTasks } from '#readmodel/projection-tasks';
import { Readiness } from '#service/readiness';
import { eventually } from '#tools/testing/eventually';
import { testDatabase } from '#tools/testing/mongo';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { keptProjections } from './notifier.projections.ts';
import { startProjectors } from './projector.role.ts';

const logger = pino({ level: 'silent' });
const workspace = 'default';
let nats: TestNats;
let bus: Bus;
let database: Database;
let tasks: Tasks;
let projectors: { stop(): Promise<void> };
let workers: TaskWorkers;

beforeAll(async () => {
  const source = '/formbus/notifier';
  nats = await startTestNats();
  bus = await connectBus({ servers: nats.url, name: 'spec', logger });
  database = connectDatabase({ ...testDatabase(), logger });
  const { log } = await openLog(bus, { events: EVENTS, upcasters: UPCASTERS, source });
  const records = {
    deliveries: await openRecords(bus, { stream: 'DELIVERIES', source }),
    tasks: await openRecords(bus, { stream: 'TASK_EVENTS', source }),
  };
  tasks = openTasks(bus, { source });
  const parts = { bus, log, records, logger };
  projectors = startProjectors({ parts, database, readiness: new Readiness() });
  const handled = projectionTasks('notifier', { database, kept: keptProjections(parts) });
  workers = await startTaskWorkers({ tasks, handled, tiers: ['batch'], logger });
});

afterAll(async () => {
  await workers?.stop(100);
  await tasks?.queue.drain();
  await projectors?.stop();
  await database?.close();
  await bus?.close();
  await nats?.stop();
});

type Definition = typeof projectionVerifyTasks.notifier | typeof projectionRebuildTasks.notifier;

async function result(
  definition: Definition,
  projection: (typeof KEPT.notifier)[number],
): Promise<Record<string, unknown>> {
  const { id } = await tasks.queue.enqueue(definition, { payload: { workspace, projection } });
  return await eventually(async () => {
    const found = await tasks.tracking.read(workspace, id);
    expect(found?.snapshot.state).toBe('succeeded');
    return found?.snapshot.result as Record<string, unknown>;
  });
}

describe('the read models of the notifier', () => {
  it.each(KEPT.notifier)('%s is built anew and proven by tasks of its own service', async (projection) => {
    const rebuilt = await result(projectionRebuildTasks.notifier, projection);
    expect(rebuilt).toMatchObject({ projection });
    expect(rebuilt.generation).not.toBe(rebuilt.before);
    expect(await result(projectionVerifyTasks.notifier, projection)).toMatchObject({
      projection,
      equal: true,
    });
  });

  it('hold the tasks that prove them', async () => {
    await result(projectionVerifyTasks.notifier, 'mailTemplates');
    const { documents } = await result(projectionVerifyTasks.notifier, 'tasks');
    expect(documents).toBeGreaterThan(0);
  });
});
