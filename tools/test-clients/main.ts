/** `npm run test:clients`: what receivers in three languages do with the deliveries that Formbus signs. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEgress } from '#security/egress/egress';
import { UsageError } from '../start/user-error.ts';
import { newKeys, publicKeyChecks, run, secretChecks, type Check } from './checks.ts';
import { parseOptions, USAGE } from './options.ts';
import type { Command, Receiver } from './receivers.ts';
import { start } from './running.ts';

const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'test-clients');

const tally = { passed: 0, failed: 0 };

function report(receiver: string, what: string, error?: Error): void {
  tally[error ? 'failed' : 'passed'] += 1;
  const line = `${receiver} ${what}${error ? `: ${error.message}` : ''}`;
  process.stdout.write(`${error ? '✗' : '✓'} ${line}\n`);
}

async function test(receiver: Receiver, folder: string): Promise<void> {
  const { name } = receiver;
  let command: Command;
  try {
    await mkdir(folder);
    command = await receiver.prepare({ folder, cache: CACHE, env: process.env });
  } catch (error) {
    report(name, 'was not tested', error as Error);
    return;
  }
  const keys = newKeys();
  await testWith(name, command, { WEBHOOK_SECRET: keys.secret }, secretChecks(keys));
  await testWith(name, command, { WEBHOOK_PUBLIC_KEY: keys.pair.publicKey }, publicKeyChecks(keys));
}

/** Checks one after the other, so that what one leaves behind is seen by the next. */
async function testWith(
  name: string,
  command: Command,
  env: Readonly<Record<string, string>>,
  checks: readonly Check[],
): Promise<void> {
  const egress = createEgress({ allowCidrs: ['127.0.0.0/8'] });
  try {
    const receiver = await start(command, env);
    try {
      for (const check of checks)
        await run(check, receiver, egress).then(
          () => report(name, check.name),
          (error: Error) => report(name, check.name, error),
        );
    } finally {
      await receiver.stop();
    }
  } catch (error) {
    report(name, `with ${Object.keys(env).join()} was not tested`, error as Error);
  } finally {
    await egress.close();
  }
}

async function main(): Promise<number> {
  const receivers = parseOptions(process.argv.slice(2));
  if (receivers === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const started = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'formbus-receivers-'));
  try {
    await mkdir(CACHE, { recursive: true });
    await Promise.all(receivers.map((receiver) => test(receiver, join(folder, receiver.name))));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed (${seconds} s)\n`);
  return tally.failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
