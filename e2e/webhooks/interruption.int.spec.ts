import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { replayWebhook } from '#contracts/webhook/webhook.rpc';
import { deleteDurable, durablesOf } from '#eventing/durable';
import { EVENTS_STREAM } from '#eventing/streams';
import { openTasks, type Tasks } from '#eventing/task/open';
import { caller } from '#services/forms/testing/world';
import { eventually } from '#tools/testing/eventually';
import { FORM, openWebhookWorld, type WebhookWorld } from './world.ts';

let world: WebhookWorld;
let tasks: Tasks;

beforeAll(async () => {
  // No answer is given up before it is given.
  world = await openWebhookWorld({ totalMs: 60_000 });
  tasks = openTasks(world.bus, { source: '/formbus/spec' });
});

afterAll(() => world?.stop());

/** More than a replay has read before it sends the first. */
const EVENTS = 150;

describe('a replay whose reader is lost', () => {
  it('reads on after a pause, and misses nothing', async () => {
    const submitted = await Promise.all(Array.from({ length: EVENTS }, () => world.submit(FORM)));
    const reached = Promise.withResolvers<() => void>();
    const receiver = await world.receiver((response, _received, count) => {
      const answer = (): void => void response.writeHead(204).end();
      if (count === 1) reached.resolve(answer);
      else answer();
    });
    const types = ['formbus.submission.submitted.v2'];
    const { id } = await world.webhook(receiver, { types });
    const stretch = { from: { position: '0' }, to: null, perSecond: 500, idempotencyKey: null } as const;
    const { task } = await world.rpc.call(replayWebhook, { caller: caller(), webhook: id, ...stretch });
    const answer = await reached.promise;
    for (const reader of await durablesOf(world.bus, EVENTS_STREAM, 'reader_'))
      await deleteDurable(world.bus, EVENTS_STREAM, reader);
    answer();
    await eventually(async () => {
      const found = await tasks.tracking.read('acme', task);
      expect(found?.snapshot).toMatchObject({ state: 'succeeded', result: { delivered: EVENTS } });
    });
    expect(new Set(receiver.submissions)).toEqual(new Set(submitted));
    expect(receiver.received).toHaveLength(EVENTS);
    const times = receiver.received.map(({ at }) => at);
    const pauses = times.slice(1).map((at, index) => at - times[index]!);
    // The first one is what the reader was lost in.
    expect(Math.max(...pauses.slice(1))).toBeGreaterThan(900);
  });
});
