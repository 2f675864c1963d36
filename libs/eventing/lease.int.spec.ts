import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import type { Bus } from './bus.ts';
import { acquireLease, type Lease } from './lease.ts';
import { connect } from './testing/world.ts';
import { ensureTopology } from './topology.ts';

describe('a lease', () => {
  let nats: TestNats;
  let bus: Bus;
  let other: Bus;
  let name: string;
  let stop: AbortController;
  const held: Lease[] = [];

  beforeAll(async () => {
    nats = await startTestNats();
    bus = await connect(nats.url);
    other = await connect(nats.url);
    await ensureTopology(bus);
  });
  beforeEach(() => {
    name = randomUUID();
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    for (const lease of held.splice(0)) await lease.release();
  });
  afterAll(async () => {
    await bus.close();
    await other.close();
    await nats.stop();
  });

  const acquire = async (by: Bus, ttlMs = 1000): Promise<Lease> => {
    const lease = await acquireLease(by, name, { ttlMs, signal: stop.signal });
    held.push(lease);
    return lease;
  };

  it('is held by one at a time and handed over at once when released', async () => {
    const first = await acquire(bus, 30_000);
    let second: Lease | undefined;
    const waiting = acquire(other, 30_000).then((lease) => (second = lease));
    await other.nc.flush();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(second).toBeUndefined();
    await eventually(() => first.release());
    await waiting;
    expect(second?.token).toBeGreaterThan(first.token);
    expect(first.lost.aborted).toBe(true);
    expect(second?.lost.aborted).toBe(false);
  });

  it('outlives its time by renewal', async () => {
    const lease = await acquire(bus, 1000);
    let taken = false;
    void acquire(other).then(
      () => (taken = true),
      () => undefined,
    );
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(lease.lost.aborted).toBe(false);
    expect(taken).toBe(false);
  });

  it('goes to another one when its holder is cut off, which knows it before', async () => {
    const cut = await connect(nats.url);
    const first = await acquire(cut, 1000);
    const ended: string[] = [];
    first.lost.addEventListener('abort', () => ended.push('first lost'), { once: true });
    await cut.nc.close();
    const second = await acquire(other, 1000);
    ended.push('second held');
    expect(ended).toEqual(['first lost', 'second held']);
    expect(second.token).toBeGreaterThan(first.token);
  }, 15_000);

  it('is lost when the server stays away, and can be had again with a greater token', async () => {
    const lease = await acquire(bus, 1000);
    await nats.kill();
    await eventually(() => expect(lease.lost.aborted).toBe(true));
    await nats.restart();
    expect((await acquire(bus, 1000)).token).toBeGreaterThan(lease.token);
  }, 20_000);

  it('survives a short absence of the server', async () => {
    const lease = await acquire(bus, 6000);
    await nats.kill();
    await nats.restart();
    await bus.whenConnected(AbortSignal.timeout(5000));
    await new Promise((resolve) => setTimeout(resolve, 6500));
    expect(lease.lost.aborted).toBe(false);
  }, 20_000);

  it('is waited for no longer than its caller wants', async () => {
    await acquire(bus, 5000);
    await expect(
      acquireLease(other, name, { ttlMs: 5000, signal: AbortSignal.timeout(100) }),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
