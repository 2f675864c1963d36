/** `npm run demo`: publishes the consumer complaint form, submits real complaints and reads them back. */
import { join } from 'node:path';
import { ComponentUnavailable } from '#tools/components/route';
import { openFolder } from '#tools/projections/place';
import { verifyAll } from '#tools/projections/verify';
import { packageRoot } from '#tools/start/services';
import { UsageError, UserError } from '#tools/start/user-error';
import { NoAnswer, ProblemAnswer } from '../client/problem-answer.ts';
import { parseOptions, USAGE, type DemoOptions } from './options.ts';
import { jsonReport, textReport } from './report.ts';
import { checkFile } from './rows.ts';
import { run } from './run.ts';
import { openTarget } from './target.ts';

const SEEDED_ROWS = 300;

/** Gives the exit code. */
async function demo(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const { json, seed, connections } = options;
  const say = (text: string): void => {
    if (!seed) (json ? process.stderr : process.stdout).write(`${text}\n`);
  };
  const data = options.data ?? join(packageRoot(), 'e2e', 'data', 'complaints.csv');
  await checkFile(data);
  const target = await openTarget({ ...options, signal, say });
  try {
    const { url, apiKey, name, folder } = target;
    say(`Formbus at ${url} (${name})`);
    const limit = seed ? SEEDED_ROWS : undefined;
    const outcome = await run({ url, apiKey, data, connections, limit, signal });
    const { tally } = outcome;
    if (seed) {
      process.stdout.write(`${tally.accepted} complaints were submitted to the form consumer-complaint\n`);
      return tally.refused === 0 ? 0 : 1;
    }
    say(textReport(outcome, connections));
    const verified = folder === undefined ? undefined : await holds(folder);
    if (verified !== undefined)
      say(`\nThe read models ${verified ? 'equal' : 'DIFFER FROM'} a rebuild from the log`);
    if (json) process.stdout.write(`${jsonReport(outcome, verified)}\n`);
    return verified === false || tally.refusals.some(({ code }) => code === 'internal') ? 1 : 0;
  } finally {
    await target.close();
  }
}

async function holds(folder: string): Promise<boolean> {
  const place = await openFolder([folder]);
  try {
    return (await verifyAll(place)).every(({ equal }) => equal);
  } finally {
    await place.close();
  }
}

/** Errors whose message says it all. */
const PLAIN = [UserError, ComponentUnavailable, NoAnswer, ProblemAnswer];

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stopping.abort());
try {
  const options = parseOptions(process.argv.slice(2));
  if (options) process.exitCode = await demo(options, stopping.signal);
  else process.stdout.write(`${USAGE}\n`);
} catch (error) {
  const plain = PLAIN.some((type) => error instanceof type);
  if (stopping.signal.aborted) process.stderr.write('The demo was stopped\n');
  else if (error instanceof Error)
    process.stderr.write(`The demo failed: ${plain ? error.message : error.stack}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
