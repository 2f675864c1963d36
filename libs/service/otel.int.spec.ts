import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Stands in for Jaeger at the network's edge: keeps what is posted to it. */
let collector: Server;
const posted: { path: string | undefined; body: string }[] = [];

/** Runs traced.ts under the preloaded tracing. */
async function run(env: Record<string, string>): Promise<string> {
  const args = ['--conditions=source', '--import', here('./otel.ts'), here('./fixtures/traced.ts')];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { PATH: process.env.PATH, ...env },
  });
  return stdout.trim();
}

describe('tracing', () => {
  beforeEach(async () => {
    collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        posted.push({ path: request.url, body: Buffer.concat(chunks).toString('latin1') });
        response.end();
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    posted.length = 0;
    collector.closeAllConnections();
    await new Promise((resolve) => collector.close(resolve));
  });

  const endpoint = (): string => `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;

  it('sends the spans of Fastify, node:http and fetch over OTLP, and flushes them at the end', async () => {
    expect(await run({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint() })).toBe('inner');
    expect(posted.map(({ path }) => path)).toEqual(['/v1/traces']);
    const body = posted[0]?.body ?? '';
    for (const part of [
      'service.name',
      'fixtures', // the entry file's folder
      '@opentelemetry/instrumentation-http',
      '@opentelemetry/instrumentation-undici',
      '@fastify/otel',
      '/outer/:id',
      '/inner',
    ]) {
      expect(body).toContain(part);
    }
  });

  it('is named by OTEL_SERVICE_NAME where that is set', async () => {
    await run({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint(), OTEL_SERVICE_NAME: 'forms-projector' });
    expect(posted[0]?.body).toContain('forms-projector');
  });

  it('does nothing and sends nothing without an endpoint', async () => {
    expect(await run({})).toBe('inner');
    expect(posted).toEqual([]);
  });
});
