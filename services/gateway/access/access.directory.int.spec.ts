import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { z } from 'zod';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { defineEvent, newEvent } from '#contracts/event';
import { subjects } from '#contracts/subjects';
import { append } from '#eventing/append';
import { connectBus, type Bus } from '#eventing/bus';
import { Catalog } from '#eventing/catalog';
import { Codec } from '#eventing/codec';
import { openLog, type OpenedLog } from '#eventing/open';
import { issueApiKey } from '#security/api-key';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { AccessDirectory } from './access.directory.ts';
import { bootstrap } from './bootstrap.ts';

const logger = pino({ level: 'silent' });
let nats: TestNats;
let bus: Bus;
let opened: OpenedLog;

beforeAll(async () => {
  nats = await startTestNats();
  bus = await connectBus({ servers: nats.url, name: 'directory spec', logger });
  opened = await openLog(bus, { events: EVENTS, upcasters: UPCASTERS, source: '/formbus/gateway' });
});

afterAll(async () => {
  await bus?.close();
  await nats?.stop();
});

async function withDirectory(use: (directory: AccessDirectory) => Promise<void>): Promise<void> {
  const directory = new AccessDirectory(opened.log, logger);
  await directory.start();
  await use(directory).finally(() => directory.stop());
}

describe('the access directory', () => {
  it('knows a key that was created a moment ago elsewhere, when it is asked to catch up', async () => {
    await withDirectory(async (directory) => {
      for (let i = 0; i < 20; i++) {
        const { key, id } = issueApiKey();
        // A flood of questions about keys that are not there keeps rounds going all the while.
        const flood = Array.from({ length: 10 }, () => directory.refresh());
        await bootstrap(opened.executor, 'acme', key);
        await directory.refresh();
        expect(directory.key(id)).toMatchObject({ workspace: 'acme', revokedAt: null });
        await Promise.all(flood);
      }
    });
  });

  it('fails at once while the log is away, and goes on when it is back', async () => {
    await withDirectory(async (directory) => {
      await nats.kill();
      await eventually(() => {
        expect(bus.connected).toBe(false);
      });
      await expect(directory.refresh()).rejects.toMatchObject({ code: 'bus_unavailable' });
      await nats.restart();
      const { key, id } = issueApiKey();
      await eventually(() => bootstrap(opened.executor, 'acme', key));
      await eventually(async () => {
        await directory.refresh();
        expect(directory.key(id)).toBeDefined();
      });
    });
  });

  it('refuses everything rather than pass over an event that it does not know', async () => {
    const keyRevokedV2 = defineEvent({
      name: 'formbus.access.keyRevoked',
      version: 2,
      family: 'access',
      summary: 'What a newer gateway appends.',
      data: z.object({ key: z.string(), why: z.string() }),
    });
    await withDirectory(async (directory) => {
      const codec = new Codec({
        catalog: new Catalog([keyRevokedV2]),
        epoch: opened.log.epoch,
        source: '/formbus/gateway',
      });
      const subject = subjects.access('acme', 'ZZZZZZZZ');
      const { headers, payload } = codec.encode(
        newEvent(keyRevokedV2, { key: 'ZZZZZZZZ', why: 'leaked' }),
        {
          id: 'newer',
          subject,
          version: 1,
          time: new Date().toISOString(),
          actor: 'spec',
          correlation: 'spec',
        },
        undefined,
      );
      expect(await append(bus, [{ subject, headers, payload, expect: 0 }], 5_000)).toMatchObject({
        outcome: 'stored',
      });
      await eventually(() => {
        expect(directory.complete).toBe(false);
      });
    });
  });
});
