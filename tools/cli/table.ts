import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import type { Io } from './io.ts';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string | number | undefined;
  readonly right?: boolean;
  /** May be cut where the terminal is too narrow. */
  readonly cuts?: boolean;
  readonly colored?: (text: string, row: Row) => string;
}

const NO_BORDERS = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map((name) => [name, '']),
);
const GAP = 2;
/** No column is cut to less. */
const LEAST = 8;

/** Aligned columns without lines, as wide as the terminal at most. */
export function renderTable<Row extends object>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { columns: width, colors }: Pick<Io, 'columns' | 'colors'>,
): string {
  const texts = rows.map((row) => columns.map((column) => plain(String(column.text(row) ?? '-'))));
  const widths = fitted(
    columns,
    columns.map(({ title }, at) => Math.max(title.length, ...texts.map((cells) => cells[at]?.length ?? 0))),
    width,
  );
  const last = columns.length - 1;
  const table = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [], compact: true },
    head: columns.map(({ title }) => colors.dim(title.toUpperCase())),
    colAligns: columns.map(({ right }) => (right === true ? 'right' : 'left')),
    // The last one is as long as it is: it pads nothing.
    colWidths: widths.map((one, at) => (at === last && width === undefined ? null : one + GAP)),
  });
  for (const [index, cells] of texts.entries()) {
    const row = rows[index] as Row;
    table.push(
      columns.map(({ colored }, at) => {
        const text = shortened(cells[at] ?? '', widths[at] ?? 0);
        return colored === undefined ? text : colored(text, row);
      }),
    );
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Takes what is too much from the columns that may be cut, from the widest first. */
function fitted<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  width: number | undefined,
): readonly number[] {
  if (width === undefined) return natural;
  const widths = [...natural];
  const total = (): number => widths.reduce((sum, one) => sum + one + GAP, 0);
  const widest = (): number =>
    columns.reduce((found, { cuts }, at) => {
      const here = cuts === true ? (widths[at] ?? 0) : 0;
      return here > LEAST && here > (widths[found] ?? 0) * (columns[found]?.cuts === true ? 1 : 0)
        ? at
        : found;
    }, -1);
  for (let at = widest(); total() > width && at >= 0; at = widest()) widths[at] = (widths[at] ?? 0) - 1;
  return widths;
}

const shortened = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;

/** What somebody else wrote, as one line without power over the terminal. */
export const plain = (text: string): string =>
  stripVTControlCharacters(text).replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, ' ');
