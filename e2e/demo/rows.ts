import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { UsageError } from '#tools/start/user-error';
import { COLUMNS, type Row } from '../complaints/row.ts';
import { readRecords, type CsvRecord } from './records.ts';
import { textLines } from './text-lines.ts';

/** A line of the file: a row, or what keeps it from being one. */
export type Line =
  | { readonly kind: 'row'; readonly line: number; readonly row: Row }
  | { readonly kind: 'broken'; readonly line: number; readonly reason: string };

/**
 * Looks at the whole file, so that none is taken by half.
 *
 * @throws UsageError as {@link parseLines} does, and when it holds no row
 */
export async function checkFile(path: string): Promise<void> {
  if (await isEmpty(readLines(path))) throw new UsageError(`${path} holds no complaint, only the header`);
  for await (const _ of readable(textLines(createReadStream(path)), path)); // throws where it is not UTF-8
}

async function isEmpty(lines: AsyncIterable<Line>): Promise<boolean> {
  for await (const _ of lines) return false;
  return true;
}

/** The rows of a CSV file. @throws UsageError as {@link parseLines} does */
export function readLines(path: string): AsyncGenerator<Line> {
  return parseLines(createReadStream(path), path);
}

/**
 * The rows of CSV text as they are read; there may be more than memory holds. A record that is not CSV, or has more or
 * fewer cells than the header, is given as broken and the next one read.
 *
 * @param name of the source, for messages
 * @throws UsageError when the source can't be read, is not UTF-8, or has a header that lacks columns
 */
export async function* parseLines(source: Readable, name: string): AsyncGenerator<Line> {
  let header: readonly string[] | undefined;
  for await (const record of readable(readRecords(source), name)) {
    const { line } = record;
    if (!header) header = checkHeader(record, name);
    else if ('cells' in record) yield lineOf(record.cells, header, line);
    else yield { kind: 'broken', line, reason: record.broken };
  }
  if (!header) throw new UsageError(`${name} is empty: its first line must name the columns`);
}

async function* readable<T>(items: AsyncIterable<T>, name: string): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${name} can't be read: ${reason}`, { cause: error });
  }
}

/** @throws UsageError that names what is missing */
function checkHeader(record: CsvRecord, name: string): readonly string[] {
  const header = 'cells' in record ? record.cells.map((cell) => cell.trim()) : [];
  const missing = Object.keys(COLUMNS).filter((column) => !header.includes(column));
  if (missing.length === 0) return header;
  const names = missing.map((column) => `"${column}"`).join(', ');
  throw new UsageError(
    otherSeparator(record, name) ??
      `the header of ${name} lacks ${missing.length === 1 ? 'the column' : 'the columns'} ${names}`,
  );
}

/** Of a header that would be one, were it not for what stands between its columns. */
function otherSeparator(record: CsvRecord, name: string): string | undefined {
  // `"one";"two"` is no CSV, and then its text is all there is.
  const text = 'cells' in record ? record.cells.join(',') : record.text;
  for (const [separator, what] of [
    [';', 'semicolons'],
    ['\t', 'tabs'],
  ] as const) {
    const cells = text.split(separator).map((cell) => cell.trim().replace(/^\uFEFF?"|"$/g, ''));
    if (cells.filter((cell) => cell in COLUMNS).length > 1)
      return `the columns of ${name} are separated by ${what}; commas are expected`;
  }
  return undefined;
}

function lineOf(record: readonly string[], header: readonly string[], line: number): Line {
  if (record.length !== header.length) {
    return { kind: 'broken', line, reason: `${record.length} cells where the header has ${header.length}` };
  }
  return { kind: 'row', line, row: Object.fromEntries(header.map((column, i) => [column, record[i] ?? ''])) };
}
