/** `npm run bench -- <name>`: measures Formbus on this machine, beside what it is compared with. */
import { mkdir } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { UsageError, UserError } from '#tools/start/user-error';
import type { Bench } from './bench.ts';
import { BENCHES } from './benches.ts';
import { thisMachine } from './machine.ts';
import { parseOptions, usage, type Options } from './options.ts';
import { json, table } from './report.ts';

async function main(options: Options): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
  }
  // A bench always starts its own servers: figures of others' would not be comparable, and others' data are not ours.
  delete process.env.NATS_URL;
  delete process.env.MONGODB_URI;
  for (const name of options.names) await measure(benchNamed(name), options, interrupted.signal);
}

async function measure(bench: Bench, options: Options, signal: AbortSignal): Promise<void> {
  const { quick, redis, json: asJson } = options;
  const profile = options.profile === undefined ? undefined : resolve(options.profile);
  if (profile !== undefined) await mkdir(profile, { recursive: true });
  const began = performance.now();
  const say = (text: string): void => {
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    process.stderr.write(`${seconds.padStart(4)} s  ${text}\n`);
  };
  const machine = thisMachine();
  const [busyBefore = 0] = loadavg();
  const measured = await bench.run({ quick, redis, profile, signal, say });
  const seconds = Math.round((performance.now() - began) / 1000);
  const result = {
    ...measured,
    settings: { quick, ...measured.settings, loadAverageBefore: busyBefore, tookSeconds: seconds },
  };
  process.stdout.write(table(bench, result, machine));
  if (asJson) process.stdout.write(`${json(bench, result, machine)}\n`);
}

function benchNamed(name: string): Bench {
  const found = BENCHES.find((bench) => bench.name === name);
  if (!found) throw new UsageError(`there is no bench ${JSON.stringify(name)}`);
  return found;
}

try {
  const options = parseOptions(
    process.argv.slice(2),
    BENCHES.map(({ name }) => name),
  );
  if (options) await main(options);
  else process.stdout.write(`${usage(BENCHES)}\n`);
} catch (error) {
  const text =
    error instanceof UsageError
      ? `${error.message}\n\n${usage(BENCHES)}`
      : error instanceof UserError
        ? error.message
        : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`${text}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
