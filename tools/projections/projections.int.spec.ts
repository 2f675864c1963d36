import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { subjects } from '#contracts/subjects';
import { openLog } from '#eventing/open';
import { formDecider } from '#services/forms/form/form.decider';
import { openDataDirectory } from '../start/data-directory.ts';
import { announceRunning } from '../start/running.ts';
import { eventually } from '../testing/eventually.ts';
import { testDatabase } from '../testing/mongo.ts';
import { startTestNats, type TestNats } from '../testing/nats.ts';
import { openPlace, type Opened } from './open.ts';
import { openFolder, type Place } from './place.ts';
import { rebuildAll } from './rebuild.ts';
import { statusAll } from './status.ts';
import { verifyAll } from './verify.ts';

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

/** The collection of the forms that is read now. */
async function collectionName(): Promise<string> {
  const [{ generation } = { generation: undefined }] = await statusAll(place, 'forms');
  return `forms.${String(generation)}`;
}

describe('the commands on projections', () => {
  it('say that there is nothing where nothing was built', async () => {
    expect(await statusAll(place)).toEqual([
      { projection: 'forms', state: 'none' },
      { projection: 'submissions', state: 'none' },
    ]);
    await expect(verifyAll(place)).rejects.toThrow('forms has no read model yet');
  });

  it('build where no service runs', async () => {
    await eventually(() => rebuildAll(place), { timeoutMs: 30_000 });
    expect(await statusAll(place)).toMatchObject([
      { projection: 'forms', state: 'current' },
      { projection: 'submissions', state: 'current' },
    ]);
    expect(await verifyAll(place)).toMatchObject([
      { projection: 'forms', equal: true, documents: 1 },
      { projection: 'submissions', equal: true, documents: 0 },
    ]);
  });

  it('say how far a read model is behind', async () => {
    await appendForm('second');
    expect(await statusAll(place)).toMatchObject([{ state: 'behind' }, { state: 'current' }]);
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

  it('refuse a projection that does not exist', async () => {
    await expect(verifyAll(place, 'nothing')).rejects.toThrow('there are forms, submissions');
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
