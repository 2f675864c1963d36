import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { listForms } from '#contracts/form/form.rpc';
import { listSubmissions, submit } from '#contracts/submission/submission.rpc';
import type { ProjectionName } from '#contracts/operations/projections';
import { projectionRebuildTasks } from '#contracts/operations/projection-rebuild.task';
import { projectionVerifyTasks } from '#contracts/operations/projection-verify.task';
import type { Tier } from '#contracts/task';
import type { TaskSnapshot } from '#contracts/task/task.records';
import { openTasks, type Tasks } from '#eventing/task/open';
import { Checkpoints } from '#readmodel/checkpoint';
import { onGeneration } from '#readmodel/generation';
import { Readiness } from '#service/readiness';
import { eventually } from '#tools/testing/eventually';
import { startProjectors } from './projector.role.ts';
import { caller, logger, openFormsWorld, publish, type FormsWorld } from './testing/world.ts';
import { startWorker } from './worker.role.ts';

const workspace = 'default';
const SUBMISSIONS = 20;
let world: FormsWorld;
let projectors: { stop(): Promise<void> };
let tasks: Tasks;
const workers: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  world = await openFormsWorld({ instances: 1 });
  projectors = startProjectors({ ...world, logger, readiness: new Readiness() });
  tasks = openTasks(world.bus, { source: '/formbus/spec' });
  await publish(world, 'f', { title: 'T', pages: [{ fields: [{ type: 'integer', name: 'n' }] }] });
  const about = { form: 'f', formVersion: null, locale: null, idempotencyKey: null };
  let minPosition = '';
  for (let n = 0; n < SUBMISSIONS; n++) {
    const { committed } = await world.rpc.call(submit, { ...about, caller: caller(), answers: { n } });
    minPosition = committed.position;
  }
  const page = { caller: caller(), limit: 1, cursor: null, minPosition };
  await eventually(() => world.rpc.call(listForms, { ...page, state: null }));
  const sort = { field: 'submittedAt', descending: true };
  await eventually(() =>
    world.rpc.call(listSubmissions, { ...page, form: 'f', where: [], sort, count: false }),
  );
});

afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
});

afterAll(async () => {
  await tasks?.queue.drain();
  await projectors?.stop();
  await world?.stop();
});

async function work(tiers: readonly Tier[] = ['batch']): Promise<void> {
  workers.push(await startWorker({ ...world, logger, tiers }));
}

const state = async (id: string): Promise<TaskSnapshot | undefined> =>
  (await tasks.tracking.read(workspace, id))?.snapshot;

const verifying = projectionVerifyTasks.forms;
const rebuilding = projectionRebuildTasks.forms;
type Definition = typeof verifying | typeof rebuilding;

const ask = async (definition: Definition, projection: ProjectionName): Promise<string> =>
  (await tasks.queue.enqueue(definition, { payload: { workspace, projection } })).id;

const ended = (id: string): Promise<TaskSnapshot> =>
  eventually(async () => {
    const found = await state(id);
    expect(found).toMatchObject({ state: 'succeeded' });
    return found as TaskSnapshot;
  });

const active = async (projection: ProjectionName): Promise<string> =>
  (await new Checkpoints(world.database).pointer(projection))?.active ?? '';

describe('verifying a projection by a task', () => {
  it('says that it equals its rebuild, and how far it got', async () => {
    await work();
    const task = await ended(await ask(verifying, 'submissions'));
    expect(task.result).toMatchObject({
      projection: 'submissions',
      equal: true,
      documents: SUBMISSIONS,
      differences: 0,
      outlived: 0,
      differing: [],
    });
    const seq = await world.log.lastSeq();
    expect(task.progress).toMatchObject({ done: seq, total: seq, note: 'positions of the log' });
  });

  it('names what differs', async () => {
    await work();
    const place = { projection: 'forms', generation: await active('forms') };
    const tampered = { $set: { title: 'other' } };
    const { modifiedCount } = await onGeneration(world.database, place, (collection) =>
      collection.updateOne({ _id: 'evt.acme.form.f' }, tampered),
    );
    expect(modifiedCount).toBe(1);
    const task = await ended(await ask(verifying, 'forms'));
    expect(task.result).toMatchObject({
      equal: false,
      differences: 1,
      differing: [{ id: 'evt.acme.form.f', kind: 'different' }],
    });
  });

  it('is left to a worker of its tier', async () => {
    await work(['high', 'default']);
    const id = await ask(verifying, 'forms');
    const { pending } = await tasks.control.status(verifying);
    expect([pending, (await state(id))?.state]).toEqual([1, 'queued']);
    await work();
    await ended(id);
  });
});

describe('rebuilding a projection by a task', () => {
  it('swaps a new generation in, which equals the log', async () => {
    await work();
    const before = await active('forms');
    const task = await ended(await ask(rebuilding, 'forms'));
    const generation = await active('forms');
    expect(task.result).toMatchObject({ projection: 'forms', before, generation });
    expect(generation).not.toBe(before);
    expect((await ended(await ask(verifying, 'forms'))).result).toMatchObject({ equal: true });
  });

  it('does each of two requests of one projection, in turn', async () => {
    await work();
    const ids = [await ask(rebuilding, 'submissions'), await ask(rebuilding, 'submissions')];
    const [first, second] = await Promise.all(ids.map(ended));
    expect(second?.result).toMatchObject({ before: (first?.result as { generation: string }).generation });
  });

  it('is cancelled while it waits for a projector, and asks for nothing more', async () => {
    await projectors.stop();
    await work();
    const id = await ask(rebuilding, 'forms');
    await eventually(async () => {
      expect(await state(id)).toMatchObject({ state: 'running' });
    });
    await tasks.tracking.cancel(workspace, id, new Date().toISOString());
    await eventually(async () => {
      expect(await state(id)).toMatchObject({ state: 'cancelled' });
    });
  });
});
