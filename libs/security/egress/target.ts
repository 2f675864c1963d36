import { isIP } from 'node:net';
import { internalKind, isAllowed, type Cidr } from './address.ts';
import { EgressRefused } from './errors.ts';

/** Where requests may go beside public addresses over https. */
export interface EgressRules {
  readonly allowed: readonly Cidr[];
  /** http to public addresses, too. http to an allowed network is always possible. */
  readonly allowHttp: boolean;
}

/**
 * Names that by standard or by habit mean a machine of the own network (RFC 6761, 6762 with its appendix G, 8375, and
 * ICANN's `internal`). Their addresses would be refused anyway; refusing the name says so before anything is stored.
 */
const INTERNAL_SUFFIXES = ['localhost', 'localdomain', 'local', 'internal', 'intranet']
  .concat(['private', 'corp', 'home', 'lan', 'home.arpa'])
  .map((name) => `.${name}`);

/**
 * Reads and judges a URL as far as that goes without asking DNS. What it gives is what to connect to: the URL parser
 * has turned every other spelling of an address (`2130706433`, `0x7f.1`, `%31%32%37.0.0.1`, `①②⑦.0.0.1`) into the
 * usual one. The addresses of a name are judged when the connection is made.
 *
 * @throws EgressRefused
 */
export function checkTarget(text: string, rules: EgressRules): URL {
  if (!URL.canParse(text)) throw new EgressRefused('malformed', 'this is not an absolute URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new EgressRefused('scheme', `the scheme is https, not ${url.protocol.slice(0, -1)}`);
  if (url.username !== '' || url.password !== '')
    throw new EgressRefused('credentials', 'the URL holds a user name or a password; leave them out');
  if (url.port === '0') throw new EgressRefused('port', 'port 0 is not one to connect to');
  const host = hostOf(url);
  if (isIP(host) !== 0) checkAddress(host, url.protocol, rules, `${host} is`);
  else checkName(host, url.protocol, rules);
  return url;
}

/**
 * Judges one address, given as a literal host or by DNS.
 *
 * @param subject begins the message: `10.0.0.1 is`, `an address of example.org is`
 * @throws EgressRefused
 */
export function checkAddress(address: string, protocol: string, rules: EgressRules, subject: string): void {
  if (isAllowed(address, rules.allowed)) return;
  const kind = internalKind(address);
  if (kind !== undefined)
    throw new EgressRefused(
      'address',
      `${subject} not a public address (${kind}), and not in an allowed network`,
    );
  if (protocol === 'http:' && !rules.allowHttp) throw plainHttp();
}

/** Where some network is allowed, an internal name may lead into it, and its address decides. */
function checkName(host: string, protocol: string, { allowed, allowHttp }: EgressRules): void {
  if (host.endsWith('.'))
    throw new EgressRefused('host_name', 'write the host without the full stop at its end');
  if (allowed.length > 0) return;
  if (isInternalName(host))
    throw new EgressRefused('host_name', `${host} is a name of an internal network; use a public one`);
  if (protocol === 'http:' && !allowHttp) throw plainHttp();
}

/** A name without a full stop is one of the own network, too. */
export const isInternalName = (host: string): boolean =>
  !host.includes('.') || INTERNAL_SUFFIXES.some((suffix) => host.endsWith(suffix));

/** Without the brackets of an IPv6 address. */
const hostOf = ({ hostname }: URL): string => (hostname.startsWith('[') ? hostname.slice(1, -1) : hostname);

const plainHttp = (): EgressRefused =>
  new EgressRefused('plain_http', 'the scheme is https: http is not encrypted');
