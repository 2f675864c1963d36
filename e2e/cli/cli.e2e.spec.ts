import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '#tools/start/services';
import { publishGuestBook, startWorld, type World } from '../system/world.ts';

const root = packageRoot();
const MAIN = join(root, 'dist', 'tools', 'cli', 'main.js');
let world: World;

beforeAll(async () => {
  world = await startWorld();
  await publishGuestBook(world.client, 'guests');
  await world.client.submit('guests', { name: 'Ada' }, { idempotencyKey: 'ada' });
});

afterAll(() => world?.close());

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

/** As from a shell that knows nothing of any Formbus. */
const bare = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(FORMBUS|NATS|MONGODB|MASTER_KEY|NODE_OPTIONS)/.test(name),
  ),
);

function formbus(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd: root, env: { ...bare, ...env } },
      (error, out, notes) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, notes });
      },
    );
  });
}

const here = (...args: readonly string[]): Promise<Ran> =>
  formbus([...args, '--data', world.system.data.root]);

const lines = ({ out }: Ran): unknown[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

describe('formbus on a running system', () => {
  it('finds it by its data folder, and sees everything at a glance', async () => {
    const { out, notes } = await here('status', '--json');
    expect(notes).toBe('');
    const [found] = lines({ out, notes, code: 0 }) as [{ services: { service: string; state: string }[] }];
    expect(found).toMatchObject({
      streams: expect.arrayContaining([expect.objectContaining({ name: 'EVENTS' })]),
      deadLetters: { waiting: 0 },
      projections: expect.arrayContaining([expect.objectContaining({ projection: 'submissions' })]),
    });
    expect(found.services).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ service: 'gateway', state: 'ready' }),
        expect.objectContaining({ service: 'forms', state: 'ready' }),
      ]),
    );
  });

  it('goes to the gateway with a key of the environment', async () => {
    const env = { FORMBUS_URL: world.system.url, FORMBUS_API_KEY_FILE: world.system.data.apiKeyFile };
    const made = await formbus(['keys', 'create', 'e2e', '--scope', 'keys:read', '--json'], env);
    expect([made.code, made.notes]).toEqual([0, 'Keep the key now: it is not shown again.\n']);
    const [{ id, key }] = lines(made) as [{ id: string; key: string }];
    const own = { FORMBUS_URL: world.system.url, FORMBUS_API_KEY: key };
    expect(await formbus(['keys', 'list', '--json'], own)).toMatchObject({ code: 0 });
    expect(await formbus(['keys', 'revoke', id], own)).toMatchObject({ code: 5, out: '' });
    expect(await formbus(['keys', 'revoke', id], env)).toMatchObject({ code: 0 });
    expect(await formbus(['keys', 'list'], own)).toMatchObject({ code: 5, out: '' });
  });

  it('goes to the bus of the environment', async () => {
    const { natsUrl, natsToken = '' } = world.system;
    expect(await formbus(['streams', 'list'], { NATS_URL: natsUrl, NATS_TOKEN: natsToken })).toMatchObject({
      code: 0,
    });
    const refused = await formbus(['streams', 'list'], { NATS_URL: natsUrl, NATS_TOKEN: 'wrong' });
    expect(refused).toMatchObject({ code: 5, out: '' });
  });

  it('sees the same dead letters and kinds of tasks over both ways', async () => {
    for (const command of [
      ['dlq', 'list'],
      ['tasks', 'kinds'],
      ['streams', 'list'],
    ]) {
      expect(await here(...command, '--via', 'gateway', '--json')).toMatchObject({ code: 0 });
      expect(await here(...command, '--via', 'bus', '--json')).toMatchObject({ code: 0 });
    }
    const kinds = async (via: string) =>
      lines(await here('tasks', 'kinds', '--json', '--via', via)).map(
        (kind) => (kind as { kind: string }).kind,
      );
    expect(await kinds('gateway')).toEqual(await kinds('bus'));
  });

  it('follows the log until it is told to stop, with answers shut', async () => {
    const args = ['events', 'tail', '--from', 'start', '--form', 'guests', '--data', world.system.data.root];
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: root,
      env: bare,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const seen: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      seen.push(line);
      if (line.includes('submission.submitted')) child.kill('SIGINT');
    }
    expect(await exited).toEqual([0, null]);
    expect(seen.at(-1)).toContain('answers=(encrypted)');
    expect(seen.join('\n')).not.toContain('Ada');
  });

  it('opens answers with the master key of the data folder', async () => {
    const found = await here(
      'events',
      'tail',
      '--from',
      'start',
      '--type',
      'submission.submitted',
      '--count',
      '1',
      '--decrypt',
      '--json',
    );
    expect(lines(found)).toMatchObject([{ data: { answers: { name: 'Ada' } } }]);
  });

  it('proves the read models', async () => {
    const found = await here('projections', 'verify', '--json');
    expect(found.code).toBe(0);
    expect(lines(found)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ projection: 'submissions', equal: true, documents: 1 }),
      ]),
    );
  });

  it('has the services prove and build the read models where only the gateway is known', async () => {
    const env = { FORMBUS_URL: world.system.url, FORMBUS_API_KEY_FILE: world.system.data.apiKeyFile };
    const rebuilt = await formbus(['projections', 'rebuild', 'deliveries', '--json'], env);
    expect(lines(rebuilt)).toMatchObject([{ projection: 'deliveries' }]);
    const proven = await formbus(['projections', 'verify', '--json'], env);
    expect(proven.code).toBe(0);
    expect(lines(proven)).toMatchObject(
      ['forms', 'submissions', 'deliveries', 'tasks', 'mailTemplates'].map((projection) => ({
        projection,
        equal: true,
      })),
    );
    expect(await formbus(['projections', 'status'], env)).toMatchObject({ code: 0, notes: '' });
    expect(await formbus(['status'], env)).toMatchObject({ code: 0, notes: '' });
  });

  it('creates, changes and deletes webhooks', async () => {
    const made = await here('webhooks', 'create', 'https://example.com/hook', '--form', 'guests', '--json');
    expect(made.code).toBe(0);
    const [{ id }] = lines(made) as [{ id: string }];
    expect((await here('webhooks', 'list')).out).toContain(id);
    const changed = await here('webhooks', 'change', id, '--type', 'submission.submitted', '--json');
    expect(lines(changed)).toMatchObject([
      { id, form: 'guests', types: [expect.stringContaining('submitted')] },
    ]);
    expect((await here('webhooks', 'show', id, '--secret')).out).toMatch(/^Secret +whsec_/);
    expect((await here('webhooks', 'disable', id)).out).toContain('disabled (operator)');
    expect(await here('webhooks', 'delete', id)).toMatchObject({ code: 2, out: '' });
    expect(await here('webhooks', 'delete', id, '--yes')).toMatchObject({
      code: 0,
      out: `${id} is deleted\n`,
    });
    const gone = await here('webhooks', 'show', id);
    expect(gone).toMatchObject({ code: 3, out: '' });
    expect(gone.notes.trimEnd()).not.toContain('\n');
  });
});
