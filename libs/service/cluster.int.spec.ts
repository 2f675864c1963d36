import { eventually } from '#tools/testing/eventually';
import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnService, type Spawned } from './fixtures/spawn.ts';

const running: Spawned[] = [];

async function spawn(env: Record<string, string> = {}): Promise<Spawned> {
  const service = await spawnService({ CLUSTERED: 'true', WORKERS: '2', ...env });
  running.push(service);
  return service;
}

interface Report {
  readonly status: string;
  readonly checks: Record<string, { readonly ok: boolean; readonly detail?: string }>;
}

const readiness = async ({ internal }: Spawned): Promise<Report> =>
  (await (await fetch(`${internal}/readyz`)).json()) as Report;

async function start(env: Record<string, string> = {}): Promise<Spawned> {
  const service = await spawn(env);
  await eventually(async () => {
    expect((await readiness(service)).status).toBe('ok');
  });
  return service;
}

/** The pids that answer, asked over new connections. */
async function pids({ url }: Spawned): Promise<Set<number>> {
  const answers = Array.from({ length: 8 }, async () => Number(await (await fetch(url)).text()));
  return new Set(await Promise.all(answers));
}

describe('a service in worker processes', () => {
  afterEach(async () => {
    for (const { child, exit } of running.splice(0)) {
      child.kill('SIGTERM');
      await exit;
    }
  });

  it('serves from as many workers as it was told, none of them the primary', async () => {
    const service = await start();
    const serving = await pids(service);
    expect(serving.size).toBe(2);
    expect(serving).not.toContain(service.child.pid);
    expect((await readiness(service)).checks).toEqual({
      workers: { ok: true, degraded: false, detail: '2 of 2 workers ready' },
      'worker 1 service': { ok: true, detail: 'ready' },
      'worker 2 service': { ok: true, detail: 'ready' },
    });
  });

  it('adds up the metrics of its workers', async () => {
    const service = await start();
    const text = await (await fetch(`${service.internal}/metrics`)).text();
    expect(text).toContain('formbus_cluster_workers{state="answering",service="fixture"} 2');
    const resident = Number(/^process_resident_memory_bytes\{service="fixture"\} (\d+)/m.exec(text)?.[1]);
    expect(resident).toBeGreaterThan(2 * 30_000_000);
  });

  it('starts another worker when one is killed, and serves from the others meanwhile', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'formbus-cluster-'));
    const service = await start({ HOLD_BACK: join(folder, 'held') });
    const [victim, other] = [...(await pids(service))];
    await writeFile(join(folder, 'held'), '');
    process.kill(victim ?? 0, 'SIGKILL');
    await eventually(async () => {
      expect((await readiness(service)).checks.workers?.detail).toBe('1 of 2 workers ready');
    });
    expect((await readiness(service)).status).toBe('degraded');
    expect(await pids(service)).toEqual(new Set([other]));
    await rm(folder, { recursive: true });
    await eventually(async () => {
      expect((await readiness(service)).status).toBe('ok');
    });
    expect(await pids(service)).not.toContain(victim);
  });

  it('replaces a worker whose event loop is stuck', async () => {
    const service = await start({ STUCK_AFTER_MS: '3000' });
    const before = await pids(service);
    await fetch(`${service.url}/stick`);
    await eventually(() => {
      expect(service.log).toContainEqual(
        expect.objectContaining({ msg: 'a worker does not answer: killing it' }),
      );
    });
    await eventually(async () => {
      expect((await readiness(service)).status).toBe('ok');
    });
    expect(await pids(service)).not.toEqual(before);
  });

  it('drains its workers on SIGTERM and exits with 0', async () => {
    const service = await start();
    const slow = fetch(`${service.url}/slow`);
    await pids(service);
    service.child.kill('SIGTERM');
    expect((await slow).status).toBe(200);
    expect(await service.exit).toBe(0);
  });

  it('lets workers finish what they have in hand when the primary is killed', async () => {
    const service = await start();
    const slow = fetch(`${service.url}/slow`);
    const workers = [...(await pids(service))];
    service.child.kill('SIGKILL');
    expect((await slow).status).toBe(200);
    await eventually(() => {
      for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    });
  });

  it('gives up when no worker can ever start', async () => {
    const service = await spawn({ FAIL: 'start' });
    expect(await service.exit).toBe(1);
    expect(service.log).toContainEqual(expect.objectContaining({ msg: 'no worker can start' }));
  });
});
