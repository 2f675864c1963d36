import type { Row } from './row.ts';

interface CascadeChoice {
  value: string;
  attributes: Record<string, string[]>;
}

/** The choices of a column in alphabetical order, each with the values that other columns have beside it. */
export function cascade(
  rows: readonly Row[],
  column: string,
  beside: Readonly<Record<string, string>>,
): CascadeChoice[] {
  return valuesOf(rows, column).map((value) => {
    const matching = rows.filter((row) => row[column] === value);
    const attributes = Object.entries(beside).map(([attribute, other]) => [
      attribute,
      valuesOf(matching, other),
    ]);
    return { value, attributes: Object.fromEntries(attributes) as Record<string, string[]> };
  });
}

/** The distinct values of a column that are not empty, in alphabetical order. */
export const valuesOf = (rows: readonly Row[], column: string): string[] =>
  [...new Set(rows.map((row) => row[column] ?? ''))].filter((value) => value !== '').sort();
