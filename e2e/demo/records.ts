import type { Readable } from 'node:stream';
import { parse } from 'csv-parse/sync';
import { textLines, type TextLine } from './text-lines.ts';

/** One record of a CSV file: its cells, or what is wrong with it and its first line. `line` is where it begins. */
export type CsvRecord =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly broken: string; readonly text: string };

/** A record that grows beyond this, for want of a closing quote, is given up. Characters. */
const LONGEST = 2 * 1024 * 1024;

/**
 * The records of CSV text, as they are read. A quote that is missing or too much costs the line that it is on: the
 * next record is looked for on the line after, where a parser of the whole text would take the rest for one cell.
 * Throws when the source is not UTF-8.
 */
export async function* readRecords(source: Readable): AsyncGenerator<CsvRecord> {
  const open = new OpenRecord();
  for await (const line of textLines(source)) yield* open.add([line]);
  yield* open.end();
}

/** The lines of a record whose end was not found yet. */
class OpenRecord {
  #lines: TextLine[] = [];
  #length = 0;
  #quotes = 0;

  *add(lines: readonly TextLine[]): Generator<CsvRecord> {
    const waiting = [...lines].reverse();
    for (let line = waiting.pop(); line !== undefined; line = waiting.pop()) {
      this.#lines.push(line);
      this.#length += line.text.length;
      this.#quotes += line.text.split('"').length - 1;
      if (this.#quotes % 2 === 1 && this.#length <= LONGEST) continue;
      const records = this.#quotes % 2 === 1 ? [this.#unclosed()] : parsed(this.#first, this.#lines);
      yield* records;
      const others = this.#take().slice(1);
      if (records.some((record) => 'broken' in record)) waiting.push(...others.reverse());
    }
  }

  *end(): Generator<CsvRecord> {
    while (this.#lines.length > 0) {
      yield this.#unclosed();
      yield* this.add(this.#take().slice(1));
    }
  }

  get #first(): TextLine {
    return this.#lines[0] ?? { number: 0, text: '' };
  }

  #unclosed(): CsvRecord {
    const { number: line, text } = this.#first;
    return { line, broken: 'a quote is opened and never closed', text };
  }

  #take(): TextLine[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#length = 0;
    this.#quotes = 0;
    return lines;
  }
}

/** One record, or none where the text is blank; several only where lines end with a carriage return alone. */
function parsed({ number: line, text: start }: TextLine, lines: readonly TextLine[]): CsvRecord[] {
  const text = lines.map((part) => part.text).join('\n');
  try {
    const records = parse(text, { bom: true, relax_column_count: true, skip_empty_lines: true });
    return records.map((cells) => ({ line, cells }));
  } catch (error) {
    return [{ line, broken: error instanceof Error ? error.message : String(error), text: start }];
  }
}
