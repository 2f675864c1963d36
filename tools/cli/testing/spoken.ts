import pico from 'picocolors';
import type { Io } from '../io.ts';
import { runCommandLine } from '../run.ts';

/** What a command line said and ended with. */
export interface Spoken {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

export interface SpokenOptions {
  readonly env?: Io['env'];
  readonly columns?: number;
  /** What a person answers; nobody is there unless given. */
  readonly answer?: boolean;
  readonly folders?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Performs a command line within this process, on no data folder unless one is given. */
export async function spoken(args: readonly string[], options: SpokenOptions = {}): Promise<Spoken> {
  const { env = {}, columns, answer, folders = [], signal = new AbortController().signal } = options;
  const said = { out: '', notes: '' };
  const io: Io = {
    env,
    out: (text) => (said.out += text),
    note: (text) => (said.notes += text),
    columns,
    colors: pico.createColors(false),
    ask: answer === undefined ? undefined : () => Promise.resolve(answer),
    signal,
  };
  return { code: await runCommandLine(args, io, folders), ...said };
}
