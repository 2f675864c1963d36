import { FormbusClient } from '../client/client.ts';
import { complaintForm, COMPLAINTS, ensurePublished } from './form.ts';
import { isWatched, progressBar } from './progress.ts';
import { ask, type Answers } from './queries.ts';
import { readLines, type Line } from './rows.ts';
import { submitLines } from './submit.ts';
import { Tally } from './tally.ts';

export interface RunOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly data: string;
  readonly connections: number;
  /** Takes no more rows than this. */
  readonly limit?: number;
  readonly signal: AbortSignal;
}

/** All that the demo did and found out. */
export interface Outcome {
  readonly form: 'published' | 'unchanged';
  readonly tally: Tally;
  readonly seconds: number;
  readonly answers: Answers;
}

/** How long the demo bears with a system that is away or says "not now". Milliseconds. */
const PATIENCE_MS = 60_000;

/**
 * Publishes the complaint form, submits all rows and asks for what was stored.
 * @throws UsageError, ProblemAnswer, NoAnswer
 */
export async function run({
  url,
  apiKey,
  data,
  connections,
  limit = Infinity,
  signal,
}: RunOptions): Promise<Outcome> {
  const total = isWatched() ? Math.min(limit, await count(readLines(data))) : 0;
  const client = new FormbusClient({ url, apiKey, connections, retryForMs: PATIENCE_MS, signal });
  try {
    const tally = new Tally();
    const form = await ensurePublished(client, COMPLAINTS, await complaintForm());
    const bar = progressBar(total);
    const started = performance.now();
    try {
      const lines = firstOf(readLines(data), limit, signal);
      await submitLines(client, lines, { connections, tally, onRow: () => bar.add() });
    } finally {
      bar.stop();
    }
    const seconds = (performance.now() - started) / 1000;
    return { form, tally, seconds, answers: await ask(client, tally.last) };
  } finally {
    await client.close();
  }
}

async function count(lines: AsyncIterable<Line>): Promise<number> {
  let seen = 0;
  for await (const _ of lines) seen++;
  return seen;
}

async function* firstOf(
  lines: AsyncIterable<Line>,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<Line> {
  let given = 0;
  for await (const line of lines) {
    signal.throwIfAborted();
    if (given++ >= limit) return;
    yield line;
  }
}
