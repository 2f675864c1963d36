import { z } from 'zod';
import type { Field, FieldType } from '#contracts/form/definition-fields';
import { Problem } from '#contracts/errors';
import type { Condition, SortOrder } from '#contracts/submission/submission.rpc';
import { outline } from '#logic/outline';
import type { FormView } from '../form/form.view.ts';
import type { Filter } from '../listing/keyset.ts';

/** How the values of one field are read from a query, and what can be asked of them. */
interface Listable {
  /** @throws Problem `bad_request` */
  read(text: string): string | number | boolean;
  /** Whether values lie in an order that the database knows. */
  readonly ordered: boolean;
  /** Whether one document may hold several values. */
  readonly several: boolean;
}

type Fields = ReadonlyMap<string, Listable>;

const text: Listable = { read: (value) => value, ordered: true, several: false };
const number: Listable = { read: readNumber, ordered: true, several: false };
const boolean: Listable = { read: readBoolean, ordered: false, several: false };

const LIST = z
  .string()
  .transform((value, context): unknown => {
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(
    z
      .array(z.union([z.string(), z.number(), z.boolean()]).transform(String))
      .min(1)
      .max(100),
  );

/** What every submission has, beside its answers. */
const OWN: readonly (readonly [string, Listable])[] = [
  ['submittedAt', text],
  ['updatedAt', text],
  ['submittedBy', text],
  ['formVersion', number],
];

const BY_TYPE: Readonly<Record<FieldType, Listable>> = {
  text,
  longText: text,
  email: text,
  integer: number,
  decimal: number,
  boolean,
  date: text,
  dateTime: text,
  select: text,
  multiSelect: { ...text, ordered: false, several: true },
};

/** An exact decimal travels as text, whose order is not that of the numbers. */
const exactDecimal: Listable = { ...text, ordered: false };

/** All that a list of the form's submissions can be filtered by; a field of several versions is as in the newest. */
export function listableFields({ definitions }: Pick<FormView, 'definitions'>): Fields {
  const fields = new Map(OWN);
  for (const number of [...definitions.keys()].sort((a, b) => a - b)) {
    const definition = definitions.get(number);
    if (!definition) continue;
    for (const { field } of outline(definition).fields) fields.set(`answers.${field.name}`, listable(field));
  }
  return fields;
}

function listable(field: Field): Listable {
  return field.type === 'decimal' && field.scale !== undefined ? exactDecimal : BY_TYPE[field.type];
}

/** @throws Problem `bad_request` naming the field */
export function sortable(sort: SortOrder, fields: Fields): SortOrder {
  const field = known(sort.field, fields);
  if (field.ordered || field === boolean) return sort;
  throw new Problem('bad_request', `the list can't be sorted by ${sort.field}`);
}

/** The conditions as one filter, all of which must hold. @throws Problem `bad_request` naming the field */
export function matching(where: readonly Condition[], fields: Fields): Filter {
  return where.length === 0
    ? {}
    : { $and: where.map((condition) => filterOf(condition, known(condition.field, fields))) };
}

function filterOf({ field, op, value }: Condition, listable: Listable): Filter {
  switch (op) {
    case 'eq':
    case 'ne':
      return { [field]: { [`$${op}`]: listable.read(value) } };
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      if (!listable.ordered)
        throw new Problem('bad_request', `${field} has no order, so ${op} does not apply to it`);
      return { [field]: { [`$${op}`]: listable.read(value) } };
    case 'in':
      return { [field]: { $in: readList(value).map((part) => listable.read(part)) } };
    case 'exists':
      return { [field]: { [readBoolean(value) ? '$ne' : '$eq']: null } };
  }
}

function known(name: string, fields: Fields): Listable {
  const field = fields.get(name);
  if (field) return field;
  throw new Problem(
    'bad_request',
    `the form has no field ${name}; lists know ${[...fields.keys()].slice(0, 40).join(', ')}`,
  );
}

function readNumber(value: string): number {
  const parsed = Number(value);
  if (value.trim() !== '' && Number.isFinite(parsed)) return parsed;
  throw new Problem('bad_request', `${JSON.stringify(value.slice(0, 40))} is not a number`);
}

/** Choices often hold commas, so a list of values is written as JSON. */
function readList(value: string): string[] {
  const parsed = LIST.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem('bad_request', 'the value of `in` must be a JSON array, such as ["CA","FL"]');
}

function readBoolean(value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw new Problem('bad_request', `${JSON.stringify(value.slice(0, 40))} is neither true nor false`);
}
