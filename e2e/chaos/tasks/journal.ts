import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** What a worker did, and when by the machine's monotonic clock, in milliseconds. */
export interface Entry {
  readonly pid: number;
  readonly at: number;
  /** An attempt was begun; it failed; its effect happened; its effect had happened before. */
  readonly what: 'begun' | 'failed' | 'effect' | 'repeated';
  readonly n: number;
  readonly attempt: number;
}

export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** A worker's account of its own: each line is with the kernel before the worker goes on, so SIGKILL loses none. */
export class Journal {
  readonly #file: number;

  constructor(folder: string) {
    this.#file = openSync(join(folder, `${process.pid}.journal`), 'a');
  }

  write(what: Entry['what'], n: number, attempt: number): void {
    writeSync(this.#file, `${now().toFixed(3)} ${what} ${n} ${attempt}\n`);
  }
}

/** Every entry of every worker, in the order of time. A last line that was cut off is left out. */
export function readJournals(folder: string): Entry[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.journal'))
    .flatMap((name) => parseJournal(Number.parseInt(name, 10), readFileSync(join(folder, name), 'utf8')))
    .toSorted((a, b) => a.at - b.at);
}

export function parseJournal(pid: number, text: string): Entry[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [at, what, n, attempt] = line.split(' ');
      return { pid, at: Number(at), what: what as Entry['what'], n: Number(n), attempt: Number(attempt) };
    });
}
