import { createInterface } from 'node:readline/promises';
import pico from 'picocolors';
import type { Colors } from 'picocolors/types.js';

/** What a command sees of the process that it runs in. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Data, and nothing else: what a program reads. */
  readonly out: (text: string) => void;
  /** Everything that is said beside it. */
  readonly note: (text: string) => void;
  /** Of the terminal; undefined where the output goes elsewhere, and nothing is shortened. */
  readonly columns: number | undefined;
  readonly colors: Colors;
  /** Asks a person yes or no; undefined where nobody is there. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
}

export function processIo(): Io {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stopping.abort());
  // Whoever reads has seen enough (`| head`).
  process.stdout.on('error', () => process.exit(0));
  const { stdin, stdout, stderr, env } = process;
  return {
    env,
    out: (text) => stdout.write(text),
    note: (text) => stderr.write(text),
    columns: stdout.isTTY ? stdout.columns : undefined,
    colors: pico.createColors(pico.isColorSupported && (stdout.isTTY || Boolean(env.FORCE_COLOR))),
    ask: stdin.isTTY && stderr.isTTY ? (question) => ask(question, stopping.signal) : undefined,
    signal: stopping.signal,
  };
}

async function ask(question: string, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    lines.close();
  }
}
