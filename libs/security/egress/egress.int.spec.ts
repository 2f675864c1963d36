import { afterEach, describe, expect, it } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { eventually } from '#tools/testing/eventually';
import { createEgress, type Egress, type EgressOptions } from './egress.ts';
import { EgressRefused } from './errors.ts';
import { LoopbackServer } from './testing/loopback-server.ts';

const LOOPBACK = { allowCidrs: ['127.0.0.0/8'] };
const HELLO = { endpoint: 'one', headers: { 'content-type': 'application/json' }, body: '{}' };

const started: { stop(): Promise<void> }[] = [];
const serve = async (...from: Parameters<typeof LoopbackServer.start>): Promise<LoopbackServer> => {
  const server = await LoopbackServer.start(...from);
  started.push(server);
  return server;
};
const egressOf = (options: EgressOptions): Egress => {
  const egress = createEgress(options);
  started.push({ stop: () => egress.close() });
  return egress;
};
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
});

/** A DNS that gives one answer after the other, and the last one for ever. */
function answers(...lists: readonly (readonly string[])[]): {
  resolve(host: string): Promise<readonly LookupAddress[]>;
  asked: string[];
} {
  const asked: string[] = [];
  const resolve = async (host: string): Promise<readonly LookupAddress[]> => {
    asked.push(host);
    const list = lists[Math.min(asked.length, lists.length) - 1] ?? [];
    return list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return { resolve, asked };
}

const silent = (): undefined => undefined;

/** Longer than any spec may take. */
const NEVER = 600_000;

describe('a request to loopback', () => {
  const SPELLINGS = ['127.0.0.1', '127.1', '2130706433', '0177.0.0.1', '0x7f.1', '0x7f000001', '127.0.0.1.']
    .concat(['①②⑦.0.0.1', '%31%32%37.0.0.1', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::1]', '[::]'])
    .concat(['0.0.0.0', '0', '127.255.255.254', 'localhost', 'LOCALHOST', 'a.localhost', 'localhost.']);

  it.each(SPELLINGS)('as %s opens no connection', async (host) => {
    const server = await serve((_, response) => response.end());
    const egress = egressOf({ allowHttp: true });
    await expect(egress.post(server.url(host), HELLO)).rejects.toBeInstanceOf(EgressRefused);
    expect(server.connections).toBe(0);
    expect(egress.endpoints).toBe(0);
  });

  it('arrives, headers and body, where WEBHOOK_ALLOW_CIDRS has 127.0.0.0/8', async () => {
    const seen: unknown[] = [];
    const server = await serve((request, response) => {
      seen.push(request.method, request.url, request.headers['x-a'], text(request));
      response.writeHead(404, { 'X-Many': ['1', '2'] }).end('no thanks');
    });
    const egress = egressOf(LOOPBACK);
    const headers = { 'x-a': '1' };
    const answer = await egress.post(server.url('127.1'), { ...HELLO, headers, body: '{"ä":1}' });
    expect(answer).toMatchObject({ status: 404, headers: { 'x-many': '1, 2' }, truncated: false });
    expect(String(answer.body)).toBe('no thanks');
    expect(await Promise.all(seen)).toEqual(['POST', '/hook?a=b', '1', '{"ä":1}']);
    expect(server.connections).toBe(1);
  });

  it.each(['[::ffff:127.0.0.1]', 'localhost'])('arrives there as %s, too', async (host) => {
    const server = await serve((_, response) => response.end());
    const allowCidrs = ['127.0.0.0/8', '::1/128'];
    expect(await egressOf({ allowCidrs }).post(server.url(host), HELLO)).toMatchObject({ status: 200 });
  });
});

describe('a name', () => {
  it.each([
    ['loopback', ['127.0.0.1']],
    ['loopback of IPv6', ['::1']],
    ['loopback inside IPv6', ['::ffff:127.0.0.1']],
    ['the metadata of a cloud', ['169.254.169.254']],
    ['a private network', ['10.1.2.3']],
    ['a public address and then loopback', ['1.1.1.1', '127.0.0.1']],
    ['loopback and then a public address', ['127.0.0.1', '1.1.1.1']],
    ['NAT64', ['64:ff9b::7f00:1']],
    ['something that is no address', ['localhost']],
  ])('that resolves to %s is refused without a connection', async (_, addresses) => {
    const server = await serve((_request, response) => response.end());
    const { resolve, asked } = answers(addresses);
    const refused = egressOf({ allowHttp: true, resolve }).post(server.url('evil.example.com'), HELLO);
    await expect(refused).rejects.toMatchObject({ name: 'EgressRefused', reason: 'address' });
    expect(asked).toEqual(['evil.example.com']);
    expect(server.connections).toBe(0);
  });

  it('is refused with the kind of its address, and not with the address', async () => {
    const { resolve } = answers(['10.1.2.3']);
    await expect(egressOf({ resolve }).post('https://evil.example.com/', HELLO)).rejects.toThrow(
      'an address of evil.example.com is not a public address (private), and not in an allowed network',
    );
  });

  it('is resolved once per connection, and connected to at the address that was judged', async () => {
    const server = await serve((_, response) => response.setHeader('connection', 'close').end());
    const { resolve, asked } = answers(['127.0.0.1'], ['169.254.169.254']);
    const egress = egressOf({ ...LOOPBACK, resolve });
    const url = server.url('rebinding.example.com');
    expect(await egress.post(url, HELLO)).toMatchObject({ status: 200 });
    expect(asked).toHaveLength(1);
    await eventually(() => expect(server.open).toBe(0));
    await expect(egress.post(url, HELLO)).rejects.toMatchObject({ reason: 'address' });
    expect(asked).toHaveLength(2);
    expect(server.connections).toBe(1);
  });

  it('that leads to a public address is not asked over http because a network is allowed', async () => {
    const { resolve } = answers(['1.1.1.1']);
    const refused = egressOf({ ...LOOPBACK, resolve }).post('http://example.com/', HELLO);
    await expect(refused).rejects.toMatchObject({ reason: 'plain_http' });
  });

  it('is what a certificate is asked for, over https', async () => {
    const hello = Promise.withResolvers<Buffer>();
    const server = await serve(
      createServer((socket) => socket.once('data', (data) => (hello.resolve(data), socket.destroy()))),
    );
    const { resolve } = answers(['127.0.0.1']);
    const url = `https://hooks.example.com:${server.port}/`;
    const failed = egressOf({ ...LOOPBACK, resolve }).post(url, HELLO);
    await expect(failed).rejects.toMatchObject({ name: 'EgressFailed' });
    const bytes = await hello.promise;
    expect(bytes[0]).toBe(0x16);
    expect(bytes.includes('hooks.example.com')).toBe(true);
  });
});

describe('an answer', () => {
  it.each([301, 302, 303, 307, 308])('of status %i is returned and not followed', async (status) => {
    const internal = await serve((_, response) => response.end());
    const location = internal.url();
    const server = await serve((_, response) => response.writeHead(status, { location }).end());
    expect(await egressOf(LOOPBACK).post(server.url(), HELLO)).toMatchObject({
      status,
      headers: { location },
    });
    expect(internal.connections).toBe(0);
  });

  /** Answers without an end, and as fast as it can. */
  const pouring =
    (status: number): RequestListener =>
    (_, response) => {
      response.writeHead(status);
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 'x')));
      };
      response.on('drain', pour);
      pour();
    };

  it('is cut where it is too long, and the connection ended', async () => {
    const server = await serve(pouring(500));
    const answer = await egressOf({ ...LOOPBACK, maxResponseBytes: 1000 }).post(server.url(), HELLO);
    expect(answer).toMatchObject({ status: 500, truncated: true });
    expect(String(answer.body)).toBe('x'.repeat(1000));
    await eventually(() => expect(server.open).toBe(0));
  });

  it('of exactly the length that is read is whole', async () => {
    const server = await serve((_, response) => response.writeHead(500).end('x'.repeat(1000)));
    const answer = await egressOf({ ...LOOPBACK, maxResponseBytes: 1000 }).post(server.url(), HELLO);
    expect(answer.truncated).toBe(false);
    expect(answer.body).toHaveLength(1000);
  });

  /** Sends `text` and then a byte every 20 ms, for ever. */
  const dripping = (text: string): ReturnType<typeof createServer> =>
    createServer((socket) => {
      socket.write(text);
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('error', silent).on('close', () => clearInterval(timer));
    });

  it.each([
    ['never begins', createServer((socket) => socket.resume())],
    ['drips in its headers', dripping('HTTP/1.1 200 OK\r\nx-slow: ')],
  ])('that %s is given up when the time is over, and the connection ended', async (_, dripper) => {
    const server = await serve(dripper);
    const failed = egressOf({ ...LOOPBACK, totalMs: 400 }).post(server.url(), HELLO);
    await expect(failed).rejects.toMatchObject({ name: 'EgressFailed', code: 'TIMEOUT' });
    expect(server.connections).toBe(1);
    await eventually(() => expect(server.open).toBe(0));
  });

  const endless = (status: number): string =>
    `HTTP/1.1 ${status} A\r\nx-a: 1\r\ncontent-length: 10000\r\n\r\n`;

  it('that drips in its body is given as far as it came in time', async () => {
    const server = await serve(dripping(endless(500)));
    const egress = egressOf({ ...LOOPBACK, bodyMs: 1_000 });
    const answer = await egress.post(server.url(), HELLO);
    expect(answer).toMatchObject({ status: 500, headers: { 'x-a': '1' }, truncated: true });
    expect(String(answer.body)).toMatch(/^x*$/);
    await eventually(() => expect(server.open).toBe(0));
  });

  it.each([200, 299])('of %i is given with its headers, and a slow body ended', async (status) => {
    const server = await serve(dripping(endless(status)));
    const egress = egressOf({ ...LOOPBACK, totalMs: NEVER, bodyMs: NEVER });
    const answer = await egress.post(server.url(), HELLO);
    expect(answer).toEqual({
      status,
      headers: expect.objectContaining({ 'x-a': '1' }),
      body: null,
      truncated: true,
    });
    await eventually(() => expect(server.open).toBe(0));
  });

  it.each([
    ['whose body has no end', pouring(200)],
    [
      'that announces more than is read off',
      (_: unknown, response: ServerResponse) =>
        response.writeHead(200, { 'content-length': 10_000_000 }).flushHeaders(),
    ],
  ])('of 2xx %s loses its connection, however much time there is', async (_, listener) => {
    const server = await serve(listener);
    const egress = egressOf({ ...LOOPBACK, discardMs: NEVER });
    expect(await egress.post(server.url(), HELLO)).toMatchObject({ status: 200 });
    await eventually(() => expect(server.open).toBe(0));
  });

  it.each([200, 500])('of %i whose body breaks off counts', async (status) => {
    const server = await serve(createServer((socket) => socket.end(`${endless(status)}x`)));
    const egress = egressOf(LOOPBACK);
    const answer = await egress.post(server.url(), HELLO);
    expect(answer).toMatchObject({ status, truncated: true });
    expect(answer.body?.toString()).toBe(status === 200 ? undefined : 'x');
    await eventually(() => expect(egress.endpoints).toBe(0));
  });

  it('counts when the caller ends the request in the middle of its body', async () => {
    const server = await serve(dripping(endless(500)));
    const controller = new AbortController();
    // As soon as the headers are there, and not before.
    const onHeaders = (): void => void setImmediate(() => controller.abort());
    subscribe('undici:request:headers', onHeaders);
    try {
      const egress = egressOf({ ...LOOPBACK, totalMs: NEVER, bodyMs: NEVER });
      const answer = await egress.post(server.url(), { ...HELLO, signal: controller.signal });
      expect(answer).toMatchObject({ status: 500, truncated: true });
    } finally {
      unsubscribe('undici:request:headers', onHeaders);
    }
    await eventually(() => expect(server.open).toBe(0));
  });

  it('with headers of more than 16 KiB is none', async () => {
    const server = await serve(
      createServer((socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`)),
    );
    await expect(egressOf(LOOPBACK).post(server.url(), HELLO)).rejects.toMatchObject({
      code: 'UND_ERR_HEADERS_OVERFLOW',
    });
  });
});

describe('a connection', () => {
  it('that is refused fails with the code of the system', async () => {
    const server = await serve((_, response) => response.end());
    const url = server.url();
    await server.stop();
    started.splice(started.indexOf(server), 1);
    await expect(egressOf(LOOPBACK).post(url, HELLO)).rejects.toMatchObject({
      name: 'EgressFailed',
      code: 'ECONNREFUSED',
    });
  });

  it('is given up in time when DNS is silent', async () => {
    const egress = egressOf({ resolve: () => new Promise(silent), connectMs: 200 });
    await expect(egress.post('https://example.com/', HELLO)).rejects.toMatchObject({
      name: 'EgressFailed',
      code: 'UND_ERR_CONNECT_TIMEOUT',
    });
  });

  it('fails as DNS does', async () => {
    const unknown = Object.assign(new Error('unknown'), { code: 'ENOTFOUND' });
    const failed = egressOf({ resolve: () => Promise.reject(unknown) }).post('https://example.com/', HELLO);
    await expect(failed).rejects.toMatchObject({ name: 'EgressFailed', code: 'ENOTFOUND' });
  });

  it('ends with the signal of the caller, and gives its reason', async () => {
    const reached = Promise.withResolvers<void>();
    const server = await serve(() => reached.resolve());
    const controller = new AbortController();
    const failed = egressOf(LOOPBACK).post(server.url(), { ...HELLO, signal: controller.signal });
    const outcome = expect(failed).rejects.toThrow('drained');
    await reached.promise;
    controller.abort(new Error('drained'));
    await outcome;
    await eventually(() => expect(server.open).toBe(0));
  });

  it('is one of a few per endpoint, and nobody waits for those of another', async () => {
    const hung: (() => void)[] = [];
    const server = await serve((request, response) => {
      if (request.headers['x-hang'] === undefined) response.end();
      else hung.push(() => response.end());
    });
    const egress = egressOf({ ...LOOPBACK, maxConnections: 2 });
    const hanging = { ...HELLO, headers: { 'x-hang': '1' } };
    const posts = Array.from({ length: 6 }, () => egress.post(server.url(), hanging));
    await eventually(() => expect(hung).toHaveLength(2));
    expect(await egress.post(server.url(), { ...HELLO, endpoint: 'other' })).toMatchObject({ status: 200 });
    expect(server.mostOpen).toBe(3);
    for (let answered = 0; answered < posts.length; answered++)
      await eventually(() => {
        expect(hung.length).toBeGreaterThan(0);
        hung.shift()!();
      });
    await Promise.all(posts);
    expect(server.mostOpen).toBe(3);
  });

  it('is used again, and closed when it was idle; then nothing is left of the endpoint', async () => {
    const server = await serve((_, response) => response.setHeader('keep-alive', 'timeout=3').end());
    const egress = egressOf({ ...LOOPBACK, maxConnections: 1 });
    for (let request = 0; request < 3; request++) await egress.post(server.url(), HELLO);
    expect(server.connections).toBe(1);
    expect(egress.endpoints).toBe(1);
    await eventually(() => {
      expect(server.open).toBe(0);
      expect(egress.endpoints).toBe(0);
    });
  });

  it('is in use until the body of a 2xx has come, and used again then', async () => {
    const answered: ServerResponse[] = [];
    const server = await serve((_, response) => {
      answered.push(response.writeHead(200));
      response.write('thank');
    });
    const egress = egressOf({ ...LOOPBACK, maxConnections: 1, discardMs: NEVER });
    await egress.post(server.url(), HELLO);
    const next = egress.post(server.url(), HELLO);
    await egress.post(server.url(), { ...HELLO, endpoint: 'other' });
    expect(answered).toHaveLength(2);
    answered[0]!.end('s');
    expect(await next).toMatchObject({ status: 200 });
    expect(server.connections).toBe(2);
  });

  it('that failed leaves nothing of the endpoint', async () => {
    const { resolve } = answers(['10.0.0.1']);
    const egress = egressOf({ resolve });
    await expect(egress.post('https://example.com/', HELLO)).rejects.toBeInstanceOf(EgressRefused);
    await eventually(() => expect(egress.endpoints).toBe(0));
  });
});

it('checks a URL without asking anybody', () => {
  const { resolve, asked } = answers(['10.0.0.1']);
  const egress = egressOf({ resolve });
  expect(egress.check('https://EXAMPLE.com/a').href).toBe('https://example.com/a');
  expect(() => egress.check('https://10.0.0.1/')).toThrow(EgressRefused);
  expect(asked).toEqual([]);
});
