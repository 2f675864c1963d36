import { describe, expect, it } from '@jest/globals';
import { Problem } from '#contracts/errors';
import type { RpcClient } from '#service/rpc-client';
import type { AttemptDocument, DeliveryDocument } from './delivery.projection.ts';
import { openAttempts } from './delivery.query.ts';

const attempt = (body: string | null): AttemptDocument =>
  ({ attempt: 1, response: { status: 500, headers: {}, body } }) as unknown as AttemptDocument;
const document = {
  ...{ _id: 'msg_1', workspace: 'acme', event: { submission: null } },
  attempts: [attempt('sealed'), attempt(null)],
} as unknown as DeliveryDocument;

describe('attempts', () => {
  it('are shown without what was answered while that cannot be opened', async () => {
    const rpc = { call: () => Promise.reject(new Problem('service_unavailable')) } as unknown as RpcClient;
    const shown = [{ response: { status: 500, body: null } }, { response: { status: 500, body: null } }];
    expect(await openAttempts(rpc, document)).toMatchObject(shown);
  });
});
