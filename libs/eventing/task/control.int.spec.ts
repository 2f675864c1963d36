import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineTask } from '#contracts/task';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import type { Bus } from '../bus.ts';
import { connect } from '../testing/world.ts';
import { ensureTopology } from '../topology.ts';
import { openTasks, type Tasks } from './open.ts';

const chore = defineTask({
  kind: 'chore',
  tier: 'batch',
  summary: 'Does what the spec says',
  payload: z.object({ workspace: z.string() }),
  tracked: false,
  timeoutMs: 10_000,
  backoffMs: [],
  concurrency: 1,
});

describe('the backlog of a kind', () => {
  let nats: TestNats;
  let bus: Bus;
  let tasks: Tasks;

  beforeAll(async () => {
    nats = await startTestNats();
    bus = await connect(nats.url);
    await ensureTopology(bus);
    tasks = openTasks(bus, { source: '/formbus/spec' });
  });
  afterAll(async () => {
    await tasks.queue.drain();
    await bus.close();
    await nats.stop();
  });

  it('is told without a look at schedules, and its status counts them without a list of their subjects', async () => {
    const enqueue = (at?: Date) =>
      tasks.queue.enqueue(chore, { payload: { workspace: 'w' }, ...(at !== undefined && { at }) });
    await Promise.all(Array.from({ length: 3 }, () => enqueue()));
    await Promise.all(Array.from({ length: 5 }, () => enqueue(new Date(Date.now() + 3_600_000))));
    const asked: string[] = [];
    bus.nc.subscribe('$JS.API.>', { callback: (_error, msg) => void asked.push(msg.subject + msg.string()) });
    const backlog = { pending: 3, running: 0, paused: false, oldestSeconds: expect.any(Number) };
    expect(await tasks.control.backlog(chore)).toEqual(backlog);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((question) => question.includes('sched.'))).toEqual([]);
    expect(await tasks.control.status(chore)).toEqual({
      ...backlog,
      kind: 'chore',
      tier: 'batch',
      scheduled: 5,
    });
    expect(asked.filter((question) => question.includes('STREAM.INFO'))).toEqual([]);
  });
});
