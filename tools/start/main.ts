/** `npm start`: all of Formbus on this machine, until Ctrl-C. */
import { existsSync } from 'node:fs';
import colors from 'picocolors';
import { ComponentUnavailable } from '../components/route.ts';
import { GaveUp } from '../process/supervised.ts';
import { checkPort, checkRuntime } from './checks.ts';
import { seedDemo } from './demo.ts';
import { openDataDirectory } from './data-directory.ts';
import { parseOptions, USAGE, type StartOptions } from './options.ts';
import { startSystem, type RunningSystem } from './system.ts';
import { Terminal, seconds } from './terminal.ts';
import { UsageError, UserError } from './user-error.ts';
import { welcome } from './welcome.ts';

async function launch({ port, dataDir, demo }: StartOptions): Promise<void> {
  checkRuntime();
  const started = performance.now();
  // A folder that exists may be held by another start, which is the better thing to say, and found out under the lock.
  if (!existsSync(dataDir)) await checkPort(port);
  const { logs, root } = await openDataDirectory(dataDir);
  const terminal = new Terminal({ colors, logs, write: (text) => process.stdout.write(text) });
  terminal.say(`${colors.bold('Formbus')} ${colors.dim(`keeps everything in ${root}`)}\n`);
  let system: RunningSystem | undefined;
  const stopping = onStopSignal(() => (system ? system.killAll() : process.exit(1)));
  // The terminal may be gone before we are.
  process.stdout.on('error', () => undefined);
  try {
    system = await startSystem({
      dataDir,
      port,
      signal: stopping,
      onEvent: (event) => terminal.onEvent(event),
    });
    terminal.say(welcome(system, performance.now() - started, colors));
    if (demo) {
      await seedDemo(system, (line) => terminal.line('demo', line), stopping).catch((error: Error) => {
        if (!stopping.aborted) terminal.warn(`the demo form could not be set up: ${error.message}`);
      });
    }
    if (!stopping.aborted) await new Promise((resolve) => stopping.addEventListener('abort', resolve));
    const asked = performance.now();
    terminal.say(`\n${colors.bold('Stopping')} ${colors.dim('(once more to end it at once)')}`);
    await system.stop();
    terminal.say(`Stopped ${colors.dim(`in ${seconds(performance.now() - asked)}`)}`);
  } catch (error) {
    if (!stopping.aborted) throw error;
    terminal.say('Stopped before it was ready');
  } finally {
    await terminal.close();
  }
}

/** From the second Ctrl-C on it can't be quick enough. The same one may come twice, from the terminal and from npm. */
const SAME_KEYSTROKE_MS = 500;

/** Aborts at the first request to stop; `again` is called at the next Ctrl-C. */
function onStopSignal(again: () => void): AbortSignal {
  const stopping = new AbortController();
  let first = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!stopping.signal.aborted) {
        first = performance.now();
        stopping.abort();
      } else if (name === 'SIGINT' && performance.now() - first > SAME_KEYSTROKE_MS) again();
    });
  }
  return stopping.signal;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options) await launch(options);
  else process.stdout.write(`${USAGE}\n`);
  process.exit(0);
} catch (error) {
  const expected = [UserError, ComponentUnavailable, GaveUp].some((known) => error instanceof known);
  process.stderr.write(
    `${colors.red("Formbus can't start")}: ${error instanceof Error ? (expected ? error.message : error.stack) : String(error)}\n`,
  );
  process.exit(error instanceof UsageError ? 2 : 1);
}
