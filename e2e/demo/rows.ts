import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { COLUMNS, type Row } from '../complaints/row.ts';
import { WrongUse } from './options.ts';
import { readRecords, type CsvRecord } from './records.ts';

/** A line of the file: a row, or what keeps it from being one. */
export type Line =
  | { readonly kind: 'row'; readonly line: number; readonly row: Row }
  | { readonly kind: 'broken'; readonly line: number; readonly reason: string };

/** Looks at the header alone. @throws WrongUse when the file can't be read or its header lacks columns */
export async function checkFile(path: string): Promise<void> {
  for await (const _ of readLines(path)) return;
}

/** The rows of a CSV file. @throws WrongUse when it can't be read or its header lacks columns */
export function readLines(path: string): AsyncGenerator<Line> {
  return parseLines(createReadStream(path), path);
}

/**
 * The rows of CSV text as they are read; there may be more than memory holds. A record that is not CSV, or has more or
 * fewer cells than the header, is given as broken and the next one read.
 *
 * @param name of the source, for messages
 * @throws WrongUse when the source can't be read or its header lacks columns
 */
export async function* parseLines(source: Readable, name: string): AsyncGenerator<Line> {
  let header: readonly string[] | undefined;
  for await (const record of recordsOf(source, name)) {
    const { line } = record;
    if (!header) header = checkHeader('cells' in record ? record.cells : [], name);
    else if ('cells' in record) yield lineOf(record.cells, header, line);
    else yield { kind: 'broken', line, reason: record.broken };
  }
  if (!header) throw new WrongUse(`${name} is empty: its first line must name the columns`);
}

async function* recordsOf(source: Readable, name: string): AsyncGenerator<CsvRecord> {
  try {
    yield* readRecords(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new WrongUse(`${name} can't be read: ${reason}`, { cause: error });
  }
}

/** @throws WrongUse that names what is missing */
function checkHeader(cells: readonly string[], name: string): readonly string[] {
  const header = cells.map((cell) => cell.trim());
  const missing = Object.keys(COLUMNS).filter((column) => !header.includes(column));
  if (missing.length === 0) return header;
  const names = missing.map((column) => `"${column}"`).join(', ');
  throw new WrongUse(
    `the header of ${name} lacks ${missing.length === 1 ? 'the column' : 'the columns'} ${names}`,
  );
}

function lineOf(record: readonly string[], header: readonly string[], line: number): Line {
  if (record.length !== header.length) {
    return { kind: 'broken', line, reason: `${record.length} cells where the header has ${header.length}` };
  }
  return { kind: 'row', line, row: Object.fromEntries(header.map((column, i) => [column, record[i] ?? ''])) };
}
