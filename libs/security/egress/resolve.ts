import type { LookupAddress } from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';
import { isInternalName } from './target.ts';

/** All addresses of a host. Rejects with an error of Node's `dns`: `ENOTFOUND`, `ETIMEOUT`, ... */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** Less than what a connection may take, so that a name server that is silent is told from a host that is. */
const QUERY = { timeout: 1_500, tries: 2 };

/**
 * Asks DNS for public names, without the thread that `dns.lookup` would hold for each: libuv has two of them for
 * this, and two endpoints whose name servers are silent would keep everybody's deliveries waiting. Internal names,
 * which only an operator can allow, are asked of the system, which knows its hosts file and search domains.
 *
 * @param servers of DNS, as for `dns.setServers`; those of the system when left out
 */
export function createResolve(servers?: readonly string[]): Resolve {
  const resolver = new Resolver(QUERY);
  if (servers !== undefined) resolver.setServers(servers);
  return async (host) => {
    if (isInternalName(host)) return lookup(host, { all: true });
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason;
    return [...found(v4, 4), ...found(v6, 6)];
  };
}

const found = (answer: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] =>
  answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family })) : [];
