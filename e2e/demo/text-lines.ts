import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';

/** Without its end. The first is number 1. */
export interface TextLine {
  readonly number: number;
  readonly text: string;
}

/** What is no text has no lines either; its memory is bounded all the same. Bytes. */
const LONGEST = 2 * 1024 * 1024;

/** In UTF-8 no part of any other character. */
const LINE_FEED = 0x0a;

/** The lines of a source of bytes, as they are read. Throws an error that names the first line that is not UTF-8. */
export async function* textLines(source: Readable): AsyncGenerator<TextLine> {
  let number = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    const end = rest.lastIndexOf(LINE_FEED);
    if (end >= 0) {
      for (const text of decoded(rest.subarray(0, end), number)) yield { number: ++number, text };
      rest = rest.subarray(end + 1);
    }
    if (rest.length > LONGEST) {
      const cut = startOfLastCharacter(rest);
      for (const text of decoded(rest.subarray(0, cut), number)) yield { number: ++number, text };
      rest = rest.subarray(cut);
    }
  }
  if (rest.length > 0) for (const text of decoded(rest, number)) yield { number: ++number, text };
}

/** The lines of `bytes`, which follow on line `before`. */
function decoded(bytes: Buffer, before: number): string[] {
  if (isUtf8(bytes)) return bytes.toString('utf8').split('\n');
  let line = before;
  for (let from = 0, end = 0; end >= 0; from = end + 1) {
    line++;
    end = bytes.indexOf(LINE_FEED, from);
    if (!isUtf8(bytes.subarray(from, end < 0 ? bytes.length : end))) break;
  }
  throw new Error(`line ${line} is not UTF-8; convert the file first, for example with iconv`);
}

function startOfLastCharacter(bytes: Buffer): number {
  let at = bytes.length - 1;
  while (at > 0 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return at;
}
