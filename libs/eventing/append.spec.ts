import { describe, expect, it } from '@jest/globals';
import type { Msg } from '@nats-io/nats-core';
import { append } from './append.ts';
import type { Bus } from './bus.ts';

/** A bus whose stream gives one answer to everything. */
const answering = (ack: unknown): Bus =>
  ({
    connected: true,
    nc: { publish: () => undefined },
    inbox: {
      collect: (_what: string, _timeoutMs: number, send: (reply: string) => (msg: Msg) => boolean) => {
        send('reply')({ data: Buffer.from('x'), json: () => ack } as unknown as Msg);
        return Promise.resolve();
      },
    },
  }) as unknown as Bus;

describe('an append', () => {
  it.each([
    [400, 10071, 'wrong last sequence: 7', { outcome: 'conflict', at: 7 }],
    [400, 10164, 'wrong last sequence', { outcome: 'conflict' }],
    [409, 10158, 'duplicate message id is in process', { outcome: 'conflict' }],
    [400, 10201, 'atomic publish batch contains duplicate message id', { outcome: 'conflict' }],
    [400, 10176, 'atomic publish batch is incomplete', { outcome: 'unavailable' }],
    [429, 10210, 'atomic publish too many inflight', { outcome: 'unavailable' }],
    [429, 10167, 'too many requests', { outcome: 'unavailable' }],
    [503, 10163, 'expected last sequence per subject temporarily unavailable', { outcome: 'unavailable' }],
    [400, 10054, 'message size exceeds maximum allowed', { outcome: 'refused' }],
  ])('that is answered with %i, %i, %s', async (code, err_code, description, expected) => {
    const bus = answering({ error: { code, err_code, description } });
    const message = { subject: 'evt.w.form.f', headers: '', payload: Buffer.from('') };
    const { cause, ...result } = { cause: undefined, ...(await append(bus, [message], 1000)) };
    expect(result).toEqual(expected);
    expect(cause).toMatchObject({ name: 'ApiError', code: err_code });
  });
});
