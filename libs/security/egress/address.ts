import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A network that may be reached though it is not public. */
export type Cidr = readonly [network: Address, bits: number];

/** The part of IPv6 that public addresses are given out of. What ipaddr.js does not name outside it is no host. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Public by its number, yet the host of an Azure machine answers there, with its secrets. */
const AZURE_HOST = ipaddr.IPv4.parse('168.63.129.16');

/** How people call the ranges of ipaddr.js. */
const NAMES: Readonly<Record<string, string>> = {
  linkLocal: 'link-local',
  uniqueLocal: 'private',
  carrierGradeNat: 'carrier NAT',
  unspecified: 'unspecified',
  rfc6052: 'NAT64',
  rfc6145: 'NAT64',
  '6to4': '6to4',
  teredo: 'Teredo',
};

/**
 * Reads `WEBHOOK_ALLOW_CIDRS`: networks such as `10.1.0.0/16`, with no bits set behind the prefix.
 *
 * @throws TypeError that names the one that is not a network
 */
export function readCidrs(texts: readonly string[]): readonly Cidr[] {
  return texts.map((text) => {
    if (!ipaddr.isValidCIDR(text) || !isNetwork(text))
      throw new TypeError(`"${text}" is not a network such as 10.1.0.0/16 or fd12:3456::/32`);
    return ipaddr.parseCIDR(text);
  });
}

/** `10.1.2.3/16` is refused: whoever wrote it meant either the host or the network, and they differ widely. */
function isNetwork(text: string): boolean {
  const [address] = ipaddr.parseCIDR(text);
  const network =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(text)
      : ipaddr.IPv6.networkAddressFromCIDR(text);
  return network.toString() === address.toString();
}

/** Whether `text`, an address in its usual form, is in one of the networks. */
export function isAllowed(text: string, allowed: readonly Cidr[]): boolean {
  const address = unwrapped(text);
  return (
    address !== undefined &&
    allowed.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
  );
}

/** What kind of address it is when it is not a public one; undefined when it is. */
export function internalKind(text: string): string | undefined {
  const address = unwrapped(text);
  if (address === undefined) return 'malformed';
  const range: string = address.range();
  if (range !== 'unicast') return NAMES[range] ?? range;
  if (address instanceof ipaddr.IPv6) return address.match(GLOBAL_UNICAST) ? undefined : 'reserved';
  return address.match(AZURE_HOST, 32) ? 'cloud host' : undefined;
}

/**
 * An IPv4 address inside IPv6 (`::ffff:127.0.0.1`) is what the kernel connects to. The other ways to hold one (6to4,
 * Teredo, NAT64) depend on the network: they stay what they are, and are not public.
 */
function unwrapped(text: string): Address | undefined {
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.parse(text);
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}
