import pico from 'picocolors';
import { describe, expect, it } from '@jest/globals';
import { plain, renderTable, type Column } from './table.ts';

interface Row {
  readonly name: string;
  readonly count: number;
  readonly about?: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'Name', text: ({ name }) => name },
  { title: 'Count', right: true, text: ({ count }) => count },
  { title: 'About', text: ({ about }) => about, cuts: true },
];
const rows = [
  { name: 'one', count: 1, about: 'the first of the two, which is long' },
  { name: 'a longer one', count: 12_000 },
];
const colors = pico.createColors(false);

describe('a table', () => {
  it('has aligned columns and no lines', () => {
    expect(renderTable(rows, COLUMNS, { columns: undefined, colors })).toBe(
      [
        'NAME          COUNT  ABOUT',
        'one               1  the first of the two, which is long',
        'a longer one  12000  -',
      ].join('\n'),
    );
  });

  it('is cut where it may be, to the width of the terminal', () => {
    const text = renderTable(rows, COLUMNS, { columns: 40, colors });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(text).toContain('the first of the…');
    expect(text).toContain('a longer one  12000');
  });

  it('keeps what may not be cut, however narrow the terminal', () => {
    expect(renderTable(rows, COLUMNS, { columns: 10, colors })).toContain('a longer one  12000');
  });

  it('is aligned in colours, too', () => {
    const colored: Column<Row>[] = [
      { title: 'Name', text: ({ name }) => name, colored: (text) => `\u001b[32m${text}\u001b[39m` },
      { title: 'Count', text: ({ count }) => count },
    ];
    const [, first, second] = renderTable(rows, colored, { columns: undefined, colors }).split('\n');
    expect(first).toBe('\u001b[32mone\u001b[39m           1');
    expect(second).toBe('\u001b[32ma longer one\u001b[39m  12000');
  });
});

describe('what somebody else wrote', () => {
  it('is one line that does nothing to the terminal', () => {
    expect(plain('\u001b[31mred\u001b[0m\nnext\ttab\u0007 \u202eback')).toBe('red next tab   back');
    expect(plain('Grüße 👩‍🚀')).toBe('Grüße 👩‍🚀');
  });
});
