import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { COLUMNS } from '../complaints/row.ts';
import { parseLines, type Line } from './rows.ts';

const HEADER = Object.keys(COLUMNS);
const rowOf = (id: string): string => [...HEADER.slice(1).map(() => 'x'), id].join(',');

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

async function linesOf(...text: string[]): Promise<Line[]> {
  return collect(parseLines(Readable.from([Buffer.from(text.join('\n'))]), 'some.csv'));
}

const summary = (lines: readonly Line[]): string[] =>
  lines.map((line) => (line.kind === 'row' ? (line.row['Complaint ID'] ?? '') : line.kind));

describe('a CSV of complaints', () => {
  it('is read row by row, whatever the order of its columns, with more of them, and with a byte order mark', async () => {
    const header = ['More', ...HEADER.toReversed()];
    const [line] = await linesOf(
      `\uFEFF${header.join(',')}`,
      header.map((name) => `"${name}!"`).join(','),
      '',
    );
    expect(line).toMatchObject({
      kind: 'row',
      line: 2,
      row: { 'Complaint ID': 'Complaint ID!', More: 'More!' },
    });
  });

  it('keeps commas, quotes and line breaks of quoted cells', async () => {
    const cells = HEADER.map((name) => (name === 'Company' ? '"A, ""B""\nC"' : name));
    expect(await linesOf(HEADER.join(','), cells.join(','))).toMatchObject([
      { row: { Company: 'A, "B"\nC' } },
    ]);
  });

  it('gives what is not CSV, or has another number of cells, as broken and reads on', async () => {
    const lines = await linesOf(
      HEADER.join(','),
      rowOf('1'),
      'a,b',
      `"x"y${rowOf('2')}`,
      rowOf('3'),
      `${rowOf('4')},more`,
    );
    expect(summary(lines)).toEqual(['1', 'broken', 'broken', '3', 'broken']);
    expect(lines[1]).toMatchObject({ line: 3, reason: '2 cells where the header has 18' });
  });

  it('gives a line with a quote that is never closed as broken, and the lines after it as they are', async () => {
    const open = `"open,${rowOf('2')}`;
    expect(summary(await linesOf(HEADER.join(','), rowOf('1'), open, rowOf('3')))).toEqual([
      '1',
      'broken',
      '3',
    ]);
    const quoted = rowOf('4').replace('x', '"of two\nlines"');
    expect(summary(await linesOf(HEADER.join(','), open, rowOf('3'), quoted, rowOf('5')))).toEqual([
      'broken',
      '3',
      '4',
      '5',
    ]);
  });

  it('skips blank lines and takes every kind of line end', async () => {
    const text = `${HEADER.join(',')}\r\n\r\n${rowOf('1')}\r\n\n${rowOf('2')}`;
    expect(summary(await linesOf(text))).toEqual(['1', '2']);
    expect(summary(await linesOf([HEADER.join(','), rowOf('1'), rowOf('2')].join('\r')))).toEqual(['1', '2']);
  });

  it('is refused with the names of all missing columns', async () => {
    await expect(linesOf(HEADER.slice(2).join(','), rowOf('1'))).rejects.toThrow(
      'the header of some.csv lacks the columns "Date received", "Product"',
    );
  });

  it.each([
    [';', 'semicolons'],
    ['\t', 'tabs'],
  ])('is refused with a hint when its columns are separated by %j', async (separator, what) => {
    const message = `the columns of some.csv are separated by ${what}; commas are expected`;
    const quoted = HEADER.map((column) => `"${column}"`);
    await expect(linesOf(HEADER.join(separator), 'x')).rejects.toThrow(message);
    await expect(linesOf(`\uFEFF${quoted.join(separator)}`, 'x')).rejects.toThrow(message);
  });

  it('is refused where it is not UTF-8', async () => {
    const text = Readable.from([Buffer.from(`${HEADER.join(',')}\n${rowOf('é')}`, 'latin1')]);
    await expect(collect(parseLines(text, 'some.csv'))).rejects.toThrow(
      "some.csv can't be read: line 2 is not UTF-8",
    );
  });

  it('is refused when it is empty', async () => {
    await expect(linesOf('')).rejects.toThrow('some.csv is empty');
  });

  it('is refused when it cannot be read', async () => {
    const source = new Readable({ read: () => source.destroy(new Error('no such file')) });
    await expect(collect(parseLines(source, 'some.csv'))).rejects.toThrow(
      "some.csv can't be read: no such file",
    );
  });
});
