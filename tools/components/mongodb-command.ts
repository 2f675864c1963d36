import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { extname, join, resolve } from 'node:path';
import type { Endpoint } from '../process/ports.ts';
import type { LocalMongo } from './mongodb-routes.ts';

/** How to start an engine, and where it will answer. */
export interface MongoCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The same at every start on the same directory. */
  readonly uri: string;
  readonly endpoint: Endpoint;
}

export async function mongoCommand(
  mongo: LocalMongo,
  directory: string,
  port: () => Promise<number>,
): Promise<MongoCommand> {
  switch (mongo.kind) {
    case 'embedded': {
      const run = await socketDirectory(directory);
      const socket = join(run, 'mongodb.sock');
      const node = [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        engineScript(),
        directory,
        run,
      ];
      const [command = '', ...args] = mongo.loader
        ? [mongo.loader.linker, '--library-path', mongo.loader.libraryPath, ...node]
        : node;
      return {
        command,
        args,
        uri: `mongodb://${encodeURIComponent(socket)}/?directConnection=true&retryWrites=false`,
        endpoint: { path: socket },
      };
    }
    case 'mongod': {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const on = await port();
      const args = [
        '--dbpath',
        directory,
        '--bind_ip',
        '127.0.0.1',
        '--port',
        String(on),
        '--nounixsocket',
        '--quiet',
      ];
      return {
        command: mongo.path,
        args,
        uri: `mongodb://127.0.0.1:${on}/?directConnection=true&retryWrites=false`,
        endpoint: { host: '127.0.0.1', port: on },
      };
    }
  }
}

/** Beside this file: as TypeScript from the sources, as JavaScript from dist/. */
function engineScript(): string {
  return join(import.meta.dirname, `mongodb-engine${extname(import.meta.filename)}`);
}

/** The kernel allows some 100 bytes for a socket's path, and the engine adds a folder of its own to it. */
const LONGEST_SOCKET_DIRECTORY = 60;

async function socketDirectory(directory: string): Promise<string> {
  const beside = resolve(directory, '..', 'run');
  if (Buffer.byteLength(beside) <= LONGEST_SOCKET_DIRECTORY) return beside;
  const digest = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 12);
  // Not $TMPDIR, which is long itself on macOS.
  const apart = `/tmp/formbus-${userInfo().uid}-${digest}`;
  await mkdir(apart, { recursive: true, mode: 0o700 });
  const { uid, mode } = await stat(apart);
  if (uid !== userInfo().uid || (mode & 0o077) !== 0)
    throw new Error(`${apart} belongs to somebody else; remove it`);
  return apart;
}
