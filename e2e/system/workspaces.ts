import { expect } from '@jest/globals';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { openLog } from '#eventing/open';
import { issueApiKey } from '#security/api-key';
import { bootstrap } from '#services/gateway/access/bootstrap';
import { eventually } from '#tools/testing/eventually';
import { MailSink } from '#tools/testing/mail-sink';
import type { FormbusClient } from '../client/client.ts';
import { deliveriesOf, subscribe, type Hook } from '../webhooks/hooks.ts';
import { Receiver } from '../webhooks/receiver.ts';
import { connectTo, publishGuestBook, startWorld, type World } from './world.ts';

/** Both workspaces have a form of this id. */
export const SHARED = 'shared';
/** Only the owner has one of this id. */
export const PRIVATE = 'private';
export const WORDS = 'Words of the owner alone';

/** One workspace, with a key of every scope and a webhook that gets everything. */
export interface Side {
  readonly workspace: string;
  readonly client: FormbusClient;
  readonly hook: Hook;
  readonly receiver: Receiver;
}

/** A system with two workspaces: that of the operator, which has something of everything, and another one. */
export interface TwoWorkspaces {
  readonly owner: Side;
  readonly other: Side;
  /** What each parameter of an address stands for that is the owner's; under operations, what there is. */
  readonly ids: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function startTwoWorkspaces(): Promise<TwoWorkspaces> {
  const sink = await MailSink.start();
  const mail = { SMTP_URL: sink.url, SMTP_TLS: 'off', MAIL_FROM: 'Formbus <forms@example.org>' };
  const world = await startWorld({ ...mail, WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' });
  const receivers: Receiver[] = [];
  const close = async (): Promise<void> => {
    await world.close();
    for (const receiver of receivers) await receiver.stop();
    await sink.stop();
  };
  const sideOf = async (workspace: string, client: FormbusClient): Promise<Side> => {
    const receiver = await Receiver.start();
    receivers.push(receiver);
    const hook = await subscribe(client, { url: receiver.url, payload: 'full' });
    return { workspace, client, hook, receiver };
  };
  try {
    const other = await sideOf('second', await secondWorkspace(world, 'second'));
    const owner = await sideOf('default', world.client);
    await publishGuestBook(other.client, SHARED);
    return { owner, other, ids: await furnish(owner), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** No route makes a workspace: this does what the gateway does for its operator's. */
async function secondWorkspace(world: World, workspace: string): Promise<FormbusClient> {
  const bus = await connectTo(world);
  try {
    const log = { events: EVENTS, upcasters: UPCASTERS, source: '/formbus/gateway' };
    const { executor } = await openLog(bus, log);
    const { key } = issueApiKey();
    await bootstrap(executor, workspace, key);
    const client = world.clientWith({ apiKey: key });
    await eventually(() => client.call({ method: 'GET', path: '/v1/workspace' }));
    return client;
  } finally {
    await bus.close();
  }
}

/** Makes one of everything that has an id. */
async function furnish({ client, hook }: Side): Promise<Record<string, string>> {
  const make = async (method: 'POST' | 'PUT', path: string, body?: unknown): Promise<string> =>
    (await client.call<{ id: string }>({ method, path, body })).body.id;
  for (const form of [SHARED, PRIVATE]) await publishGuestBook(client, form);
  const submission = (await client.submit(PRIVATE, { name: 'Ada' })).body.id;
  const delivered = await eventually(async () => {
    const all = await deliveriesOf(client, hook, 'delivered');
    expect(all).toHaveLength(5); // two forms created and published, and the submission
    return all.find(({ event }) => event.submission === submission);
  });
  const words = { purpose: 'receipt', subject: WORDS, text: WORDS };
  await make('PUT', '/v1/mail-templates', words);
  const template = await make('PUT', '/v1/mail-templates', { ...words, form: PRIVATE });
  // Nobody works on it, so that it is there to be cancelled.
  await client.call({ method: 'POST', path: '/v1/operations/task-kinds/webhook-replay/pause' });
  const task = await make('POST', `/v1/webhooks/${hook.id}/replays`);
  const key = await make('POST', '/v1/keys', { name: 'of the owner', scopes: ['forms:read'] });
  return {
    ...{ form: PRIVATE, number: '1', submission, webhook: hook.id, delivery: delivered?.id ?? '' },
    ...{ task, template, key, kind: 'mail', projection: 'forms', letter: '1' },
  };
}
