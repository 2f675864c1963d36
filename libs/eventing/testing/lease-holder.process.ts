/** A process that takes a lease and keeps it until it is killed: `node lease-holder.process.ts URL NAME TTL_MS`. */
import { acquireLease } from '../lease.ts';
import { connect } from './world.ts';

const [url = '', name = '', ttlMs = ''] = process.argv.slice(2);
const bus = await connect(url);
const lease = await acquireLease(bus, name, { ttlMs: Number(ttlMs), signal: new AbortController().signal });
process.stdout.write(`${lease.token}\n`);
