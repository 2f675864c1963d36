import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

/** Below the ephemeral range of Linux and macOS, so that no outgoing connection can take the port between two starts. */
const FIRST = 15_000;
const LAST = 31_999;

/** Whether `port` on `host` can be listened on now. */
export function portIsFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A TCP port of 127.0.0.1 that nothing listens on, and that stays usable for a process that is restarted on it. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(FIRST, LAST + 1);
    if (await portIsFree(port)) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${LAST} on 127.0.0.1`);
}

/** What to connect to: a TCP port or a Unix socket. */
export type Endpoint = { readonly host: string; readonly port: number } | { readonly path: string };

/** Resolves when something accepts a connection at `endpoint`; rejects when nothing does. */
export function accepts(endpoint: Endpoint, timeoutMs = 1000): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(endpoint);
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
