import type { Io } from './io.ts';
import { plain, renderTable, type Column } from './table.ts';

/** Prints data for people or for programs; what is no data goes to where it does not disturb. */
export class Printer {
  readonly json: boolean;
  readonly #io: Pick<Io, 'out' | 'note' | 'columns' | 'colors'>;

  constructor(io: Pick<Io, 'out' | 'note' | 'columns' | 'colors'>, json: boolean) {
    this.#io = io;
    this.json = json;
  }

  get colors(): Io['colors'] {
    return this.#io.colors;
  }

  get columns(): number | undefined {
    return this.#io.columns;
  }

  /** A list: a table, or one JSON object a line. */
  list<Row extends object>(rows: readonly Row[], columns: readonly Column<Row>[], nothing: string): void {
    if (this.json) for (const row of rows) this.value(row);
    else if (rows.length === 0) this.note(nothing);
    else this.text(renderTable(rows, columns, this.#io));
  }

  /** A part of a page for people; nothing of it is JSON. */
  section<Row extends object>(title: string, rows: readonly Row[], columns: readonly Column<Row>[]): void {
    if (rows.length === 0) return;
    this.text(`${this.colors.bold(title)}\n${renderTable(rows, columns, this.#io)}\n`);
  }

  /** One thing: its fields below each other, or the whole of it as JSON. */
  record(value: object, fields: Readonly<Record<string, string | undefined>>): void {
    if (this.json) return this.value(value);
    const shown = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
    const width = Math.max(...shown.map(([name]) => name.length));
    for (const [name, text] of shown) {
      const lines = text.split('\n').map(plain);
      this.text(`${this.colors.dim(name.padEnd(width))}  ${lines.join(`\n${' '.repeat(width + 2)}`)}`);
    }
  }

  value(value: unknown): void {
    this.#io.out(`${JSON.stringify(value)}\n`);
  }

  text(line: string): void {
    this.#io.out(`${line}\n`);
  }

  /** Beside a list that its limit has cut: what shows more of it. */
  more(how = '--limit sets how many are shown'): void {
    this.note(`There are more: ${how}.`);
  }

  /** What a person should know and a program need not. */
  note(line: string): void {
    this.#io.note(`${line}\n`);
  }
}
