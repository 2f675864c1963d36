import { eventually } from '#tools/testing/eventually';
import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { spawnService, type Spawned } from './fixtures/spawn.ts';

const running: Spawned[] = [];

async function spawn(env: Record<string, string> = {}, link?: 'stdin'): Promise<Spawned> {
  const service = await spawnService(env, link);
  running.push(service);
  return service;
}

async function start(env: Record<string, string> = {}, link?: 'stdin'): Promise<Spawned> {
  const service = await spawn(env, link);
  await eventually(async () => {
    expect((await fetch(`${service.internal}/readyz`)).status).toBe(200);
  });
  return service;
}

/** A request that the service has taken in, and answers when it is sent `release`. */
async function hold({ child, url }: Spawned): Promise<{ answer: Promise<Response> }> {
  const held = once(child, 'message');
  const answer = fetch(`${url}/hold`);
  await held;
  return { answer };
}

const messages = (service: Spawned) => service.log.map((line) => line.msg);

describe('running a service', () => {
  afterEach(async () => {
    for (const { child, exit } of running.splice(0)) {
      child.kill('SIGKILL');
      await exit;
    }
  });

  it('becomes ready, shows its health and metrics, and drains on SIGTERM with exit code 0', async () => {
    const service = await start();
    expect(await (await fetch(`${service.internal}/readyz`)).json()).toEqual({
      status: 'ok',
      checks: { service: { ok: true, detail: 'ready' } },
    });
    expect((await fetch(`${service.internal}/livez`)).status).toBe(200);
    expect(await (await fetch(`${service.internal}/metrics`)).text()).toContain('process_cpu_seconds_total');
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(0);
    expect(messages(service)).toEqual(['ready', 'draining', 'stopped']);
  });

  it('finishes what it has in hand, and says 503 on /readyz meanwhile', async () => {
    const service = await start();
    const slow = await hold(service);
    service.child.kill('SIGTERM');
    await eventually(async () => {
      expect((await fetch(`${service.internal}/readyz`)).status).toBe(503);
    });
    service.child.send('release');
    expect(await (await slow.answer).text()).toBe(String(service.child.pid));
    expect(await service.exit).toBe(0);
  });

  it('is not impressed by a second signal during the drain', async () => {
    const service = await start();
    const slow = await hold(service);
    service.child.kill('SIGINT');
    service.child.kill('SIGTERM');
    await eventually(() => {
      expect(messages(service)).toContain('draining');
    });
    service.child.send('release');
    expect((await slow.answer).status).toBe(200);
    expect(await service.exit).toBe(0);
  });

  it('exits with 1 when it cannot drain in time', async () => {
    const service = await start({ FAIL: 'hang', DRAIN_TIMEOUT_MS: '200' });
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(1);
    expect(messages(service)).toContain('could not drain in time');
  });

  it('exits with 1 when a step of the drain fails', async () => {
    const service = await start({ FAIL: 'stop' });
    service.child.kill('SIGTERM');
    expect(await service.exit).toBe(1);
    expect(service.log).toContainEqual(
      expect.objectContaining({ msg: 'a step of the drain failed', step: 'service' }),
    );
  });

  it('exits with 78 and one line that lists every problem of its configuration', async () => {
    const service = await spawn({ PORT: 'none', LOG_LEVEL: 'loud' });
    expect(await service.exit).toBe(78);
    expect(service.log).toHaveLength(1);
    expect(service.log[0]?.problems).toEqual([
      expect.stringMatching(/^LOG_LEVEL: /),
      expect.stringMatching(/^PORT: /),
    ]);
  });

  it('exits with 1 when it cannot start', async () => {
    const service = await spawn({ FAIL: 'start' });
    expect(await service.exit).toBe(1);
    expect(service.log[0]).toMatchObject({ level: 'fatal', msg: 'could not start' });
  });

  it('crashes with a line in the log on an error that nobody handles', async () => {
    for (const [path, message] of [
      ['crash', 'crash as asked'],
      ['reject', 'rejected as asked'],
    ]) {
      const service = await start();
      await fetch(`${service.url}/${path}`).catch(() => undefined); // the answer may be lost with the process
      expect(await service.exit).toBe(1);
      expect(service.log.at(-1)).toMatchObject({ level: 'fatal', msg: 'crashed', err: { message } });
    }
  });

  it('drains when the launcher that watches over it is gone', async () => {
    const [linked, piped] = await Promise.all([
      start({ FORMBUS_PARENT_WATCH: '1' }),
      start({ FORMBUS_PARENT_WATCH: '1' }, 'stdin'),
    ]);
    linked.child.disconnect();
    piped.child.stdin?.end();
    expect(await Promise.all([linked.exit, piped.exit])).toEqual([0, 0]);
    for (const { log } of [linked, piped]) {
      expect(log).toContainEqual(expect.objectContaining({ reason: 'the launcher is gone' }));
    }
  });

  it('ends by itself when its event loop is stuck', async () => {
    const service = await start({ STUCK_AFTER_MS: '3000' });
    await fetch(`${service.url}/stick`);
    expect(await service.exit).toBe('SIGKILL');
    expect(service.log.at(-1)).toMatchObject({ level: 'fatal', msg: expect.stringContaining('event loop') });
  });
});
