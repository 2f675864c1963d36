import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from '#tools/testing/eventually';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import type { Bus } from './bus.ts';
import { leaderGet } from './direct-get.ts';
import { acquireLease, type Lease } from './lease.ts';
import { LEASE_BUCKET } from './streams.ts';
import { connect } from './testing/world.ts';
import { ensureTopology } from './topology.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

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

  const revision = async (): Promise<number | undefined> =>
    (await leaderGet(bus, `KV_${LEASE_BUCKET}`, { last_by_subj: `$KV.${LEASE_BUCKET}.${name}` }))?.seq;

  it('is held by one at a time and handed over at once when released', async () => {
    const first = await acquire(bus, 30_000);
    let second: Lease | undefined;
    const waiting = acquire(other, 30_000).then((lease) => (second = lease));
    await other.nc.flush();
    await pause(100);
    expect(second).toBeUndefined();
    await eventually(() => first.release());
    await waiting;
    expect(second?.token).toBeGreaterThan(first.token);
    expect(first.lost.aborted).toBe(true);
    expect(second?.lost.aborted).toBe(false);
  });

  it('outlives its time by renewal', async () => {
    const lease = await acquire(bus, 3000);
    let taken = false;
    void acquire(other).then(
      () => (taken = true),
      () => undefined,
    );
    await pause(4500);
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
  });

  it('is lost when the server stays away, and can be had again with a greater token', async () => {
    const lease = await acquire(bus, 1000);
    await nats.kill();
    await eventually(() => expect(lease.lost.aborted).toBe(true));
    await nats.restart();
    expect((await acquire(bus, 1000)).token).toBeGreaterThan(lease.token);
  });

  it('survives a short absence of the server', async () => {
    const lease = await acquire(bus, 20_000);
    await nats.kill();
    await nats.restart();
    await eventually(async () => expect(await revision()).toBeGreaterThan(lease.token));
    expect(lease.lost.aborted).toBe(false);
  });

  // Where there is no /proc, the expiry of the lease decides.
  (process.platform === 'linux' ? it : it.skip)('of a process that died is taken over at once', async () => {
    const holder = fileURLToPath(new URL('./testing/lease-holder.process.ts', import.meta.url));
    const child = spawn(process.execPath, ['--conditions=source', holder, nats.url, name, '600000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const waiting = acquire(bus, 1000);
      // Nothing is taken from a process that is only suspended, however long it sleeps.
      child.kill('SIGSTOP');
      expect(await Promise.race([waiting.then(() => 'held'), pause(1500).then(() => 'waits')])).toBe('waits');
      child.kill('SIGKILL');
      expect((await waiting).token).toBeGreaterThan(Number(line.toString()));
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is waited for no longer than its caller wants', async () => {
    await acquire(bus, 5000);
    await expect(
      acquireLease(other, name, { ttlMs: 5000, signal: AbortSignal.timeout(100) }),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
