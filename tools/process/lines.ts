import type { Readable } from 'node:stream';

/** Longer lines are cut: a process that prints megabytes without a break must not fill our memory. */
const LONGEST = 64 * 1024;

/** Calls `onLine` for every line of `stream`, without its end. A last line without an end counts. */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST);
    for (const line of lines) onLine(line.replace(/\r$/, ''));
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
