import { afterEach, describe, expect, it } from '@jest/globals';
import { startInternalServer, type InternalServer } from './internal-server.ts';
import { processMetrics } from './metrics.ts';
import { Readiness } from './readiness.ts';

let server: InternalServer | undefined;

async function start() {
  const readiness = new Readiness();
  const liveness = new Readiness();
  const metrics = processMetrics('forms');
  server = await startInternalServer({ host: '127.0.0.1', port: 0, readiness, liveness, metrics });
  return { readiness, liveness, url: server.url };
}

describe('the internal server', () => {
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  it('says 200 on /readyz when every check holds, with each check', async () => {
    const { url, readiness } = await start();
    readiness.add('bus', () => ({ ok: true }));
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok', checks: { bus: { ok: true } } });
  });

  it('says 503 on /readyz when a check fails, and stays alive', async () => {
    const { url, readiness } = await start();
    readiness.add('bus', () => ({ ok: false, detail: 'reconnecting' }));
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('says 503 on /livez when a liveness check fails', async () => {
    const { url, liveness } = await start();
    liveness.add('projector', () => ({ ok: false, detail: 'no progress for 60 s' }));
    expect((await fetch(`${url}/livez`)).status).toBe(503);
  });

  it('shows the metrics of the process, labelled with the service', async () => {
    const { url } = await start();
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(/process_resident_memory_bytes\{service="forms"\} \d+/);
    expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds\{service="forms"\}/);
  });

  it('knows no other path and no other method', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/livez`, { method: 'POST' })).status).toBe(405);
  });

  it('refuses to start on a port that is taken', async () => {
    const { url, readiness, liveness } = await start();
    const port = Number(new URL(url).port);
    const metrics = processMetrics('forms');
    await expect(
      startInternalServer({ host: '127.0.0.1', port, readiness, liveness, metrics }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
