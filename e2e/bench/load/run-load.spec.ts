import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { errorCount, type Target } from './load.ts';
import { runLoad } from './run-load.ts';

const servers: Server[] = [];

async function serving(listener: RequestListener): Promise<Target> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, host: '127.0.0.1', path: '/things', apiKey: 'k', bodies: ['{"a":"ä"}', '{"a":"b"}'] };
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

describe('the load generator', () => {
  it('sends whole requests, each with a key of its own, and counts what is created', async () => {
    const keys = new Set<string | undefined>();
    const bodies = new Set<string>();
    let requests = 0;
    const target = await serving((request, response) => {
      requests += 1;
      keys.add(request.headers['idempotency-key']?.toString());
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        bodies.add(body);
        // In two parts, as a large answer comes.
        response.writeHead(201, { 'content-length': 8 }).write('half');
        setImmediate(() => response.end('half'));
      });
    });
    const result = await runLoad(target, {
      kind: 'closed',
      connections: 4,
      seconds: 0.3,
      warmUpSeconds: 0.1,
    });
    expect(result.errors).toEqual({});
    expect(result.accepted).toBe(result.latenciesMs.length);
    expect(result.accepted).toBeGreaterThan(0);
    expect(result.accepted).toBeLessThan(requests);
    expect(keys.size).toBe(requests);
    expect(bodies).toEqual(new Set(target.bodies));
  });

  it('counts every other answer, and every broken connection, as an error', async () => {
    let requests = 0;
    const target = await serving((request, response) => {
      requests += 1;
      if (requests % 2 === 0) return request.socket.destroy();
      response.writeHead(422, { 'content-length': 0 }).end();
    });
    const result = await runLoad(target, { kind: 'closed', connections: 2, seconds: 0.3, warmUpSeconds: 0 });
    expect(result.accepted).toBe(0);
    expect(errorCount(result)).toBe(requests);
    expect(result.errors['status 422']).toBeGreaterThan(0);
  });

  it('keeps to its rate while answers are slow, and takes latency from when a request was due', async () => {
    const target = await serving((_request, response) => {
      setTimeout(() => response.writeHead(201, { 'content-length': 0 }).end(), 50);
    });
    const load = { kind: 'open', perSecond: 100, connections: 20, seconds: 0.5, warmUpSeconds: 0.1 } as const;
    const result = await runLoad(target, load);
    expect(result.errors).toEqual({});
    expect(result.accepted).toBeGreaterThan(10);
    expect(result.accepted).toBeLessThan(60);
    expect(Math.min(...result.latenciesMs)).toBeGreaterThan(45);
  });

  it('says when its connections do not suffice for the rate', async () => {
    const target = await serving((_request, response) => {
      setTimeout(() => response.writeHead(201, { 'content-length': 0 }).end(), 100);
    });
    const load = { kind: 'open', perSecond: 100, connections: 1, seconds: 0.3, warmUpSeconds: 0 } as const;
    expect((await runLoad(target, load)).errors['no connection was free']).toBeGreaterThan(10);
  });
});
