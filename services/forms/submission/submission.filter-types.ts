import type { Field } from '#contracts/form/definition-fields';
import { parseDate, parseInstant } from '#logic/cel/time';
import type { Filter } from '#readmodel/keyset';

export type Comparison = 'eq' | 'lt' | 'lte' | 'gt' | 'gte' | 'in';

/** How lists ask for the values of one type: pure, whatever the field. */
export interface ValueType {
  /** What a value must be, with an example: goes on from "must be". */
  expects(fields: readonly Field[]): string;
  /** Reads a value as filters hold it against stored answers; undefined for what is none of the type. */
  reader(fields: readonly Field[]): (text: string) => unknown;
  /** What was read, or a list of it for `in`, as a filter. */
  compare(field: string, op: Comparison, value: unknown): Filter;
  /** Why `lt`, `lte`, `gt` and `gte` mean nothing, if they don't. */
  readonly unordered?: string;
  /** The order that the database sorts stored values in; undefined where it would be a wrong one. */
  readonly sorts: 'text' | 'number' | 'boolean' | undefined;
}

const asStored: ValueType['compare'] = (field, op, value) => ({ [field]: { [`$${op}`]: value } });

export const TEXT: ValueType = {
  expects: () => 'text',
  reader: () => (text) => text,
  compare: asStored,
  sorts: 'text',
};

const NUMBER_SHAPE = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

export const NUMBER: ValueType = {
  expects: () => 'a number such as 12 or -0.5',
  reader: () => (text) => {
    const number = NUMBER_SHAPE.test(text) ? Number(text) : Number.NaN;
    return Number.isFinite(number) ? number : undefined;
  },
  compare: asStored,
  sorts: 'number',
};

/** As many digits as such an answer may have; with them the database computes exactly, which it does up to 34. */
const EXACT_SHAPE = /^-?\d{1,18}(?:\.\d{1,15})?$/;

/** Answers that are exact decimals are stored as text such as "9.00", which is not in the order of the numbers. */
const EXACT_DECIMAL: ValueType = {
  expects: () => 'a number such as 12 or -0.5, of at most 18 digits before the point and 15 behind it',
  reader: () => (text) => (EXACT_SHAPE.test(text) ? { $toDecimal: text } : undefined),
  compare: (field, op, value) => ({
    // What is no text would be converted too: nothing to null, which is less than any number.
    [field]: { $type: 'string' },
    $expr: { [`$${op}`]: [{ $convert: { input: `$${field}`, to: 'decimal', onError: null } }, value] },
  }),
  sorts: undefined,
};

const BOOLEAN: ValueType = {
  expects: () => 'true or false',
  reader: () => (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
  compare: asStored,
  unordered: 'true and false have no order',
  sorts: 'boolean',
};

/** Dates of four-digit years are in order as text. */
const DATE: ValueType = {
  expects: () => 'a date such as 2024-02-29',
  reader: () => (text) => (parseDate(text) ? text : undefined),
  compare: asStored,
  sorts: 'text',
};

/** An address makes a space of a plus sign that is not encoded, and before an offset there is no other. */
const LOST_PLUS = / (?=\d{2}:\d{2}$)/;

/** Stored in UTC to the millisecond, where the order of the text is that of time. */
export const DATE_TIME: ValueType = {
  expects: () => 'a date and time with an offset, such as 2024-02-29T12:00:00Z or 2024-02-29T13:00:00+01:00',
  reader: () => (text) => parseInstant(text.replace(LOST_PLUS, '+'))?.toISOString(),
  compare: asStored,
  sorts: 'text',
};

const choicesOf = (fields: readonly Field[]): readonly string[] =>
  fields.flatMap((field) => ('choices' in field ? field.choices.map(({ value }) => value) : []));

const CHOICE: ValueType = {
  expects: (fields) =>
    `a choice that some version of the form offers, such as ${JSON.stringify(choicesOf(fields)[0])}`,
  reader(fields) {
    const choices = new Set(choicesOf(fields));
    return (text) => (choices.has(text) ? text : undefined);
  },
  compare: asStored,
  sorts: 'text',
};

/** A condition on a list holds when it holds for one of its items. */
const CHOICES: ValueType = {
  ...CHOICE,
  unordered: 'several choices have no order: ask with eq, ne, in or exists',
  sorts: undefined,
};

/** The type of a field's values. One object a type: fields of equal type are told by it. */
export function valueTypeOf(field: Field): ValueType {
  switch (field.type) {
    case 'text':
    case 'longText':
    case 'email':
      return TEXT;
    case 'integer':
      return NUMBER;
    case 'decimal':
      return field.scale === undefined ? NUMBER : EXACT_DECIMAL;
    case 'boolean':
      return BOOLEAN;
    case 'date':
      return DATE;
    case 'dateTime':
      return DATE_TIME;
    case 'select':
      return CHOICE;
    case 'multiSelect':
      return CHOICES;
  }
}
