import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { newEvent } from '#contracts/event';
import { subjects } from '#contracts/subjects';
import { taskChangedV1, type TaskState } from '#contracts/task/task.records';
import { openLog } from '#eventing/open';
import { openRecords } from '#eventing/records';
import { TASK_EVENTS_STREAM } from '#eventing/streams';
import { formDecider } from '#services/forms/form/form.decider';
import { openDataDirectory } from '../start/data-directory.ts';
import { announceRunning } from '../start/running.ts';
import { testDatabase } from '../testing/mongo.ts';
import { startTestNats, type TestNats } from '../testing/nats.ts';
import { openPlace, type Opened } from './open.ts';
import { openFolder, type Place } from './place.ts';
import { rebuildAll } from './rebuild.ts';
import { statusAll } from './status.ts';
import { verifyAll } from './verify.ts';

const NAMES = ['forms', 'submissions', 'deliveries', 'tasks', 'mailTemplates'];
const masterKey = randomBytes(32);
let folder: string;
let nats: TestNats;
let place: Place;
let opened: Opened;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'formbus-projections-'));
  nats = await startTestNats();
  const { uri, name } = testDatabase();
  const mongoUri = uri.replace('/?', `/${name}?`);
  const close = () => Promise.resolve();
  place = { natsUrl: nats.url, natsToken: undefined, mongoUri, masterKey, served: false, close };
  opened = await openPlace(place);
  await appendForm('first');
});

afterAll(async () => {
  await opened?.close();
  await nats?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function appendForm(id: string): Promise<void> {
  const source = '/formbus/forms';
  const { executor } = await openLog(opened.bus, { events: EVENTS, upcasters: UPCASTERS, source, masterKey });
  const fields = [{ type: 'text' as const, name: 'name' }];
  await executor.execute({
    subject: subjects.form('spec', id),
    decider: formDecider,
    command: { kind: 'create', definition: { title: id, pages: [{ fields }] }, idempotency: null },
    meta: { commandId: randomUUID(), time: new Date().toISOString(), actor: 'spec', correlation: 'spec' },
  });
}

async function recordTask(task: string, state: TaskState): Promise<void> {
  const source = '/formbus/spec';
  const { record } = await openRecords(opened.bus, { stream: TASK_EVENTS_STREAM, source });
  const time = new Date().toISOString();
  const snapshot = newEvent(taskChangedV1, {
    task,
    kind: 'spec',
    tier: 'default',
    state,
    attempt: 0,
    attempts: 1,
    progress: null,
    about: {},
    result: null,
    problem: null,
    queuedAt: time,
    startedAt: null,
    endedAt: null,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    cancelRequestedAt: null,
  });
  await record(subjects.task('spec', task), snapshot, {
    id: randomUUID(),
    time,
    actor: 'spec',
    correlation: 'spec',
  });
}

/** The collection of the forms that is read now. */
async function collectionName(): Promise<string> {
  const [{ generation } = { generation: undefined }] = await statusAll(place, 'forms');
  return `forms.${String(generation)}`;
}

describe('the commands on projections', () => {
  it('say that there is nothing where nothing was built', async () => {
    expect(await statusAll(place)).toEqual(NAMES.map((projection) => ({ projection, state: 'none' })));
    await expect(verifyAll(place)).rejects.toThrow('forms has no read model yet');
  });

  it('build where no service runs', async () => {
    await rebuildAll(place);
    expect(await statusAll(place)).toMatchObject(
      NAMES.map((projection) => ({ projection, state: 'current' })),
    );
    expect(await verifyAll(place)).toMatchObject(
      NAMES.map((projection) => ({ projection, equal: true, documents: projection === 'forms' ? 1 : 0 })),
    );
  });

  it('say how far a read model is behind', async () => {
    await appendForm('second');
    const states = new Map((await statusAll(place)).map(({ projection, state }) => [projection, state]));
    expect(states.get('forms')).toBe('behind');
    expect(states.get('submissions')).toBe('current');
    await rebuildAll(place, 'forms');
    expect(await statusAll(place, 'forms')).toMatchObject([{ state: 'current' }]);
  });

  it('find a document that somebody has changed, and make it right again', async () => {
    const name = await collectionName();
    const title = { title: 'not what the log says' };
    await opened.database.run((db) => db.collection(name).updateOne({ title: 'first' }, { $set: title }));
    expect(await verifyAll(place, 'forms')).toMatchObject([
      {
        equal: false,
        differences: 1,
        differing: [{ id: subjects.form('spec', 'first'), kind: 'different' }],
      },
    ]);
    await rebuildAll(place, 'forms');
    expect(await verifyAll(place, 'forms')).toMatchObject([{ equal: true, documents: 2 }]);
  });

  it('are about records as well', async () => {
    await recordTask('task-1', 'queued');
    await recordTask('task-1', 'succeeded');
    expect(await statusAll(place, 'tasks')).toMatchObject([{ state: 'behind' }]);
    await rebuildAll(place, 'tasks');
    const { epoch } = opened.logOf({ stream: TASK_EVENTS_STREAM });
    const position = `${epoch}.2`;
    expect(await statusAll(place, 'tasks')).toMatchObject([{ state: 'current', position }]);
    expect(await verifyAll(place, 'tasks')).toMatchObject([{ equal: true, documents: 1, position }]);
  });

  it('refuse a projection that does not exist', async () => {
    await expect(verifyAll(place, 'nothing')).rejects.toThrow(`there are ${NAMES.join(', ')}`);
  });
});

describe('a place', () => {
  it('is the system that runs on the folder', async () => {
    const data = await openDataDirectory(join(folder, 'data'));
    const mongoUri = 'mongodb://127.0.0.1:1';
    await announceRunning(data.root, { url: 'http://localhost:1', natsUrl: nats.url, mongoUri });
    const found = await openFolder([join(folder, 'none'), data.root]);
    expect(found).toMatchObject({ natsUrl: nats.url, mongoUri, served: true });
    expect(found.masterKey).toHaveLength(32);
    await found.close();
  });

  it('is refused where there is no data', async () => {
    await expect(openFolder([join(folder, 'none')])).rejects.toThrow('there is no data in');
  });
});
