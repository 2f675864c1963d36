import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { internalKind, isAllowed, readCidrs } from './address.ts';

const PUBLIC = ['1.1.1.1', '8.8.8.8', '172.15.255.255', '172.32.0.0', '100.63.255.255', '100.128.0.0']
  .concat(['192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255'])
  .concat(['2606:4700:4700::1111', '2a00:1450:4001:80b::200e', '::ffff:1.1.1.1']);

const INTERNAL: readonly (readonly [address: string, kind: string])[] = [
  ['0.0.0.0', 'unspecified'],
  ['0.255.255.255', 'unspecified'],
  ['10.0.0.0', 'private'],
  ['10.255.255.255', 'private'],
  ['100.64.0.0', 'carrier NAT'],
  ['100.100.100.200', 'carrier NAT'],
  ['100.127.255.255', 'carrier NAT'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.255', 'loopback'],
  ['168.63.129.16', 'cloud host'],
  ['169.254.169.254', 'link-local'],
  ['172.16.0.0', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.192', 'reserved'],
  ['192.0.2.1', 'reserved'],
  ['192.88.99.1', 'reserved'],
  ['192.168.0.1', 'private'],
  ['198.18.0.1', 'reserved'],
  ['198.19.255.255', 'reserved'],
  ['198.51.100.1', 'reserved'],
  ['203.0.113.1', 'reserved'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.250', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::7f00:1', 'reserved'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:a9fe:a9fe', 'link-local'],
  ['::ffff:0:7f00:1', 'NAT64'],
  ['64:ff9b::7f00:1', 'NAT64'],
  ['64:ff9b:1::a9fe:a9fe', 'NAT64'],
  ['100::1', 'discard'],
  ['2001::1', 'Teredo'],
  ['2001:db8::1', 'reserved'],
  ['2002:7f00:1::', '6to4'],
  ['4000::1', 'reserved'],
  ['fc00::1', 'private'],
  ['fd00:ec2::254', 'private'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['fec0::1', 'deprecatedSiteLocal'],
  ['ff02::1', 'multicast'],
  ['localhost', 'malformed'],
  ['', 'malformed'],
];

describe('internalKind', () => {
  it.each(PUBLIC)('takes %s for public', (address) => {
    expect(internalKind(address)).toBeUndefined();
  });

  it.each(INTERNAL)('knows that %j is %s', (address, kind) => {
    expect(internalKind(address)).toBe(kind);
  });

  it('judges an IPv4 address inside IPv6 as it does the address itself', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(internalKind(`::ffff:${address}`)).toBe(internalKind(address));
      }),
    );
  });
});

describe('readCidrs', () => {
  it('admits what is inside, written as IPv4 or inside IPv6, and nothing else', () => {
    const allowed = readCidrs(['127.0.0.0/8', 'fd12:3456::/32']);
    for (const address of ['127.0.0.1', '::ffff:127.9.9.9', 'fd12:3456:1::1'])
      expect(isAllowed(address, allowed)).toBe(true);
    for (const address of ['126.0.0.1', '128.0.0.0', 'fd12:3457::1', '::1', '64:ff9b::7f00:1', 'x'])
      expect(isAllowed(address, allowed)).toBe(false);
  });

  it.each(['', '10.0.0.0', '10.0.0.0/33', '10.1.2.3/16', 'fd00::1/8', 'localhost/8', '10.0.0.0/8,::/0'])(
    'refuses %j',
    (text) => {
      expect(() => readCidrs(['127.0.0.0/8', text])).toThrow(`"${text}" is not a network`);
    },
  );
});
