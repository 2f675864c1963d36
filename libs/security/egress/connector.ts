import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { Resolve } from './resolve.ts';
import { checkAddress, type EgressRules } from './target.ts';

/**
 * Opens the connections of undici, and is the only way out: whatever URL came before, the address that is connected
 * to was judged here. A name is resolved once per connection, all its addresses must pass, and the socket gets
 * exactly those, so a second DNS answer (rebinding) has nothing to change.
 */
export function guardedConnector(
  rules: EgressRules,
  resolve: Resolve,
  connectMs: number,
): buildConnector.connector {
  const opened = (protocol: string): buildConnector.connector =>
    buildConnector({ timeout: connectMs, allowH2: false, lookup: guardedLookup(protocol, rules, resolve) });
  const byProtocol = { 'https:': opened('https:'), 'http:': opened('http:') };
  return (options, callback) => {
    const { hostname, protocol } = options;
    // Node calls no lookup for a literal address. Undici answers the request with what is thrown here.
    if (isIP(hostname) !== 0) checkAddress(hostname, protocol, rules, `${hostname} is`);
    byProtocol[protocol as keyof typeof byProtocol](options, callback);
  };
}

function guardedLookup(protocol: string, rules: EgressRules, resolve: Resolve): LookupFunction {
  return (host, { all }, callback) => {
    resolve(host)
      .then((addresses) => {
        for (const { address } of addresses)
          checkAddress(address, protocol, rules, `an address of ${host} is`);
        return addresses;
      })
      .then(
        (addresses) => {
          if (all === true) callback(null, [...addresses]);
          else callback(null, addresses[0]!.address, addresses[0]!.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, []),
      );
  };
}
