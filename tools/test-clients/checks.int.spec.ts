import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createEgress, type Egress } from '#security/egress/egress';
import { verifyWebhook } from '#security/webhook-signature';
import { newKeys, publicKeyChecks, run, secretChecks, type Check } from './checks.ts';
import { RECEIVERS } from './receivers.ts';
import { start, type RunningReceiver } from './running.ts';

interface Delivery {
  readonly id: string;
  readonly timestamp: number;
  readonly signature: string;
  readonly body: string;
}

/** A receiver that takes what `isGood` says is good, and handles it when `isNew` says so. */
async function receiver(
  isGood: (delivery: Delivery) => boolean,
  isNew: (id: string, handled: readonly string[]) => boolean = (id, handled) => !handled.includes(id),
): Promise<RunningReceiver> {
  const handled: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const id = String(request.headers['webhook-id']);
      const timestamp = Number(request.headers['webhook-timestamp']);
      const signature = String(request.headers['webhook-signature']);
      const good = isGood({ id, timestamp, signature, body });
      if (good && isNew(id, handled)) handled.push(id);
      response.writeHead(good ? 204 : 401).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, handled, stop: async () => void server.close() };
}

describe('the checks of receivers', () => {
  const keys = newKeys();
  const all = [...secretChecks(keys), ...publicKeyChecks(keys)];
  let egress: Egress;

  beforeEach(() => {
    egress = createEgress({ allowCidrs: ['127.0.0.0/8'] });
  });
  afterEach(() => egress.close());

  async function failing(of: readonly Check[], tested: RunningReceiver): Promise<string[]> {
    const names: string[] = [];
    for (const check of of) await run(check, tested, egress).catch(() => names.push(check.name));
    await tested.stop();
    return names;
  }

  const verified =
    (seconds: number) =>
    ({ signature, ...content }: Delivery): boolean => {
      const known = { secrets: [keys.secret], publicKeys: [keys.pair.publicKey] };
      return verifyWebhook(content, signature, known, { now: Date.now(), seconds });
    };

  it('pass where everything is verified', async () => {
    expect(await failing(secretChecks(keys), await receiver(verified(300)))).toEqual([]);
  });

  it('fail where nothing is verified', async () => {
    expect(await failing(all, await receiver(() => true))).toEqual(
      all.filter(({ accepted }) => !accepted).map(({ name }) => name),
    );
  });

  it('fail where nothing is taken', async () => {
    expect(await failing(all, await receiver(() => false))).toEqual(
      all.filter(({ accepted }) => accepted).map(({ name }) => name),
    );
  });

  it('fail where the time of a delivery does not matter', async () => {
    expect(await failing(all, await receiver(verified(1e9)))).toEqual(
      expect.arrayContaining([
        'refuses a timestamp of ten minutes ago',
        'refuses a timestamp ten minutes ahead',
        'refuses an old timestamp under ed25519',
      ]),
    );
  });

  it('fail where a delivery is handled as often as it comes', async () => {
    expect(await failing(secretChecks(keys), await receiver(verified(300), () => true))).toEqual([
      'handles once what is sent three times',
    ]);
  });
});

describe('a receiver', () => {
  it.each([
    ['node', 'npm is not installed'],
    ['python', 'python3 is not installed'],
    ['go', 'go is not installed'],
  ])('in %s that cannot be installed says what is missing', async (name, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'receiver-'));
    try {
      const { prepare } = RECEIVERS.find((one) => one.name === name)!;
      const workshop = { folder, cache: folder, env: { PATH: folder } };
      await expect(prepare(workshop)).rejects.toThrow(message);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('that ends before it listens is told with what it printed', async () => {
    const command = { command: process.execPath, args: ['-e', 'throw new Error("no secret")'], cwd: '/' };
    await expect(start(command, {})).rejects.toThrow(/exit code 1[^]*no secret/);
  });

  it('that cannot be run is told with why', async () => {
    await expect(start({ command: '/nonexistent', args: [], cwd: '/' }, {})).rejects.toThrow('ENOENT');
  });
});
