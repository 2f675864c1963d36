import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { v7 as uuid } from 'uuid';
import { SCOPES, type Scope } from '#contracts/access/scopes';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { subjects } from '#contracts/subjects';
import { connectBus, type Bus } from '#eventing/bus';
import { openLog, type OpenedLog } from '#eventing/open';
import { issueApiKey } from '#security/api-key';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { bootstrap } from './bootstrap.ts';
import { keyDecider, type KeyCommand } from './key.decider.ts';

const logger = pino({ level: 'silent' });
let nats: TestNats;
let bus: Bus;
let opened: OpenedLog;

beforeAll(async () => {
  nats = await startTestNats();
  bus = await connectBus({ servers: nats.url, name: 'bootstrap spec', logger });
  opened = await openLog(bus, { events: EVENTS, upcasters: UPCASTERS, source: '/formbus/gateway' });
});

afterAll(async () => {
  await bus?.close();
  await nats?.stop();
});

const tell = (id: string, command: KeyCommand) =>
  opened.executor.execute({
    subject: subjects.access('acme', id),
    decider: keyDecider,
    command,
    meta: { commandId: uuid(), time: new Date().toISOString(), actor: 'spec', correlation: 'spec' },
  });
const historyOf = async (id: string) =>
  (await opened.log.read(subjects.access('acme', id))).map(({ type, data }) => ({ type, data }));

/** As an installation left it whose Formbus knew fewer scopes. */
async function olderKey(): Promise<{ key: string; id: string }> {
  const { key, id, hash } = issueApiKey();
  const scopes: Scope[] = ['forms:read', 'forms:write'];
  await tell(id, { kind: 'create', key: id, name: 'First key', hash, scopes, expiresAt: null });
  return { key, id };
}

describe('the first key of an installation', () => {
  it('gets the scopes that came after it was made, once', async () => {
    const { key, id } = await olderKey();
    await bootstrap(opened.executor, 'acme', key);
    await bootstrap(opened.executor, 'acme', key);
    expect(await historyOf(id)).toEqual([
      expect.objectContaining({ type: 'formbus.access.keyCreated.v1' }),
      { type: 'formbus.access.keyScopesChanged.v1', data: { key: id, scopes: [...SCOPES] } },
    ]);
  });

  it('is made with every scope, and not changed, by gateways that start together', async () => {
    const { key, id } = issueApiKey();
    await Promise.all(Array.from({ length: 4 }, () => bootstrap(opened.executor, 'acme', key)));
    expect(await historyOf(id)).toEqual([
      { type: 'formbus.access.keyCreated.v1', data: expect.objectContaining({ scopes: [...SCOPES] }) },
    ]);
  });

  it('stays as it is when it was revoked', async () => {
    const { key, id } = await olderKey();
    await tell(id, { kind: 'revoke', reason: 'leaked' });
    await bootstrap(opened.executor, 'acme', key);
    expect((await historyOf(id)).at(-1)).toMatchObject({ type: 'formbus.access.keyRevoked.v1' });
  });
});
