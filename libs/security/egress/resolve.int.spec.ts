import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import ipaddr from 'ipaddr.js';
import { createResolve } from './resolve.ts';

const A = 1;
const AAAA = 28;

/** What the DNS of this spec knows. A name that is not here has no address; `silent` ones get no answer at all. */
const ZONE: Readonly<Record<string, { readonly [A]?: string[]; readonly [AAAA]?: string[] }>> = {
  'both.example.com': { [A]: ['192.0.2.1', '192.0.2.2'], [AAAA]: ['2001:db8::1'] },
  'old.example.com': { [A]: ['192.0.2.3'] },
  'new.example.com': { [AAAA]: ['2001:db8::2'] },
};

/** Header and question come back as they were, with the answers behind (RFC 1035, section 4). */
function answer(query: Buffer): { name: string; reply: Buffer | undefined } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const name = labels.join('.');
  const end = at + 5;
  const type = query.readUInt16BE(at + 1);
  if (name.startsWith('silent')) return { name, reply: undefined };
  const addresses = ZONE[name]?.[type as typeof A | typeof AAAA] ?? [];
  const records = addresses.map((address) => {
    const data = Buffer.from(ipaddr.parse(address).toByteArray());
    const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length]);
    return Buffer.concat([record, data]);
  });
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(name in ZONE ? 0x8180 : 0x8183, 2);
  header.writeUInt16BE(addresses.length, 6);
  header.writeUInt32BE(0, 8);
  return { name, reply: Buffer.concat([header, query.subarray(12, end), ...records]) };
}

describe('createResolve', () => {
  let server: Socket;
  let resolve: ReturnType<typeof createResolve>;
  const asked = new Set<string>();

  beforeAll(async () => {
    server = createSocket('udp4').bind(0, '127.0.0.1');
    await once(server, 'listening');
    server.on('message', (query, { port, address }) => {
      const { name, reply } = answer(query);
      asked.add(name);
      if (reply) server.send(reply, port, address);
    });
    resolve = createResolve([`127.0.0.1:${server.address().port}`]);
  });

  afterAll(() => {
    server.close();
  });

  it('gives the addresses of both families', async () => {
    expect(await resolve('both.example.com')).toEqual([
      { address: '192.0.2.1', family: 4 },
      { address: '192.0.2.2', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ]);
  });

  it.each([
    ['old.example.com', '192.0.2.3'],
    ['new.example.com', '2001:db8::2'],
  ])('gives those of the one family that %s has', async (host, address) => {
    expect(await resolve(host)).toMatchObject([{ address }]);
  });

  it('fails for a name that is not there', async () => {
    await expect(resolve('nobody.example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('keeps nobody waiting for a name server that is silent, and gives it up', async () => {
    const waiting = Array.from({ length: 32 }, (_, index) => resolve(`silent-${index}.example.com`));
    const failed = Promise.allSettled(waiting).then((all) => all.map(({ status }) => status));
    const first = await Promise.race([failed, resolve('old.example.com'), resolve('localhost')]);
    expect(first).toMatchObject([{ family: expect.any(Number) }]);
    expect(await failed).toEqual(Array.from({ length: 32 }, () => 'rejected'));
    await expect(waiting[0]).rejects.toMatchObject({ code: 'ETIMEOUT' });
  });

  it('asks the system for internal names, and DNS nothing of them', async () => {
    for (const { address } of await resolve('localhost')) expect(['127.0.0.1', '::1']).toContain(address);
    expect(asked).not.toContain('localhost');
    expect(asked).toContain('both.example.com');
  });
});
