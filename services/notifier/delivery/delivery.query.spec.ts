import { describe, expect, it } from '@jest/globals';
import pino from 'pino';
import type { z } from 'zod';
import type { openMany } from '#contracts/custody/custody.rpc';
import { Problem } from '#contracts/errors';
import type { RpcClient } from '#service/rpc-client';
import type { AttemptDocument, DeliveryDocument } from './delivery.projection.ts';
import { openAttempts } from './delivery.query.ts';

const attempt = (body: string | null): AttemptDocument =>
  ({ attempt: 1, response: { status: 500, headers: {}, body } }) as unknown as AttemptDocument;
const document = {
  ...{ _id: 'msg_1', workspace: 'acme', event: { submission: null } },
  attempts: [attempt('a'), attempt(null), attempt('b'), attempt('c')],
} as unknown as DeliveryDocument;

const opening = (answer: () => Promise<z.infer<typeof openMany.response>>) => {
  const warned: unknown[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => warned.push(JSON.parse(line)) });
  return { warned, shown: openAttempts({ call: answer } as unknown as RpcClient, document, logger) };
};
const away = (code: 'bus_unavailable' | 'service_unavailable' | 'internal') => () =>
  Promise.reject(new Problem(code));

describe('attempts', () => {
  it('are shown with what was answered, or with why that is not there', async () => {
    const { shown } = opening(() =>
      Promise.resolve({ opened: [{ plaintext: 'no' }, { problem: 'erased' }, { problem: 'seal_broken' }] }),
    );
    expect(await shown).toMatchObject([
      { response: { status: 500, body: 'no', bodyState: 'shown' } },
      { response: { body: null, bodyState: 'none' } },
      { response: { body: null, bodyState: 'erased' } },
      { response: { body: null, bodyState: 'unreadable' } },
    ]);
  });

  it.each(['bus_unavailable', 'service_unavailable'] as const)(
    'are shown without what was answered while that cannot be opened: %s',
    async (code) => {
      const { shown, warned } = opening(away(code));
      expect((await shown).map(({ response }) => response?.bodyState)).toEqual([
        'unreadable',
        'none',
        'unreadable',
        'unreadable',
      ]);
      expect(warned).toMatchObject([{ err: { code } }]);
    },
  );

  it('are not shown as if nothing were wrong when the fault is our own', async () => {
    await expect(opening(away('internal')).shown).rejects.toMatchObject({ code: 'internal' });
  });
});
