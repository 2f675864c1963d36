import { freePort } from '#tools/process/ports';
import { ComponentProcess } from '#tools/testing/child';
import type { Closing } from '../closing.ts';

/** What Redis promises of a write that it has answered: that it is on disk, or that it will be within a second. */
export const FSYNCS = ['always', 'everysec'] as const;
export type Fsync = (typeof FSYNCS)[number];

export interface Redis {
  readonly port: number;
  readonly pid: number;
}

/** A Redis of the bench's own, with every write in its append-only file. */
export async function startRedis(steps: Closing, command: string, appendfsync: Fsync): Promise<Redis> {
  const port = await freePort();
  const dir = await steps.folder();
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    appendonly: 'yes',
    appendfsync,
    // No snapshots in between: they would be somebody else's disk time.
    save: '',
    'auto-aof-rewrite-percentage': '0',
    'maxmemory-policy': 'noeviction',
  };
  const server = new ComponentProcess({
    command,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    endpoint: { host: '127.0.0.1', port },
  });
  steps.later(server, (running) => running.stop());
  await server.start();
  return { port, pid: server.pid ?? 0 };
}
