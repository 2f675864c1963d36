import { Problem, type ErrorItem } from '#contracts/errors';
import type { Condition, SortOrder } from '#contracts/submission/submission.rpc';
import type { Filter } from '#readmodel/keyset';
import type { Listable, Typing } from './submission.filter-fields.ts';
import { parseList } from './submission.filter-list.ts';
import type { Comparison } from './submission.filter-types.ts';

interface ListRequest {
  readonly where: readonly Condition[];
  readonly sort: SortOrder;
}

/** What is wrong with one part of a request; its place is added by who knows it. */
class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: 'unknown_field' | 'operator' | 'value' | 'sort',
    message: string,
  ) {
    super(message);
  }
}

/**
 * The conditions, all of which must hold, as one filter.
 * @throws Problem `bad_request` with everything that is wrong with conditions and sort, each at its parameter
 */
export function planned({ where, sort }: ListRequest, listable: Listable): Filter {
  const errors: ErrorItem[] = [];
  const collect = <T>(path: string, work: () => T): T[] => {
    try {
      return [work()];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      errors.push({ path, code: error.code, message: error.message });
      return [];
    }
  };
  const filters = where.flatMap((condition, i) =>
    collect(`/filter/${i}`, () => filterOf(condition, known(condition.field, listable))),
  );
  collect('/sort', () => requireSortable(sort.field, known(sort.field, listable)));
  if (errors.length > 0) {
    const count = errors.length === 1 ? `1 error: ${errors[0]?.message}` : `${errors.length} errors.`;
    throw new Problem('bad_request', `The query has ${count}`, { errors });
  }
  return filters.length === 0 ? {} : { $and: filters };
}

function known(name: string, listable: Listable): readonly Typing[] {
  const typings = listable.get(name);
  if (typings) return typings;
  const names = [...listable.keys()].slice(0, 40).join(', ');
  throw new Refusal('unknown_field', `the form has no field ${name}; lists know ${names}`);
}

/** Several types of one field are sorted if they have one order. */
function requireSortable(field: string, typings: readonly Typing[]): void {
  const orders = new Set(typings.map(({ type }) => type.sorts));
  if (orders.has(undefined)) {
    const which =
      'exact decimals (fields with `scale`) and multi-selects can be filtered by, and not sorted by';
    throw new Refusal('sort', `the list can't be sorted by ${field}: ${which}`);
  }
  if (orders.size === 1) return;
  const each = [...orders].join(' and ');
  throw new Refusal('sort', `the list can't be sorted by ${field}: versions of the form have it as ${each}`);
}

function filterOf({ field, op, value }: Condition, typings: readonly Typing[]): Filter {
  switch (op) {
    case 'exists':
      return { [field]: { [readExists(field, value) ? '$ne' : '$eq']: null } };
    case 'ne':
      return { $nor: [comparing({ field, op: 'eq', texts: [value] }, typings)] };
    case 'in':
      return comparing({ field, op, texts: readList(field, value) }, typings);
    case 'eq':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return comparing({ field, op, texts: [value] }, typings);
  }
}

interface Asked {
  readonly field: string;
  readonly op: Comparison;
  readonly texts: readonly string[];
}

/**
 * Each submission is compared as what the field is in its version. A value that is none for some of these types finds
 * nothing there; one that is none for all of them is refused.
 */
function comparing({ field, op, texts }: Asked, typings: readonly Typing[]): Filter {
  const apt = op === 'eq' || op === 'in' ? typings : inOrder(field, op, typings);
  const read = apt.map((typing) => ({
    typing,
    values: texts.map(typing.type.reader(typing.fields)),
  }));
  const unread = texts.find((_text, i) => read.every(({ values }) => values[i] === undefined));
  if (unread !== undefined) {
    const expected = apt.map(({ type, fields }) => type.expects(fields)).join(', or ');
    throw new Refusal(
      'value',
      `${JSON.stringify(unread.slice(0, 40))} is no value of ${field}: it must be ${expected}`,
    );
  }
  const filters = read.flatMap(({ typing: { type, versions }, values }) => {
    const some = values.filter((value) => value !== undefined);
    if (some.length === 0) return [];
    const filter = type.compare(field, op, op === 'in' ? some : some[0]);
    return [typings.length === 1 ? filter : { formVersion: { $in: versions }, ...filter }];
  });
  return filters.length === 1 && filters[0] ? filters[0] : { $or: filters };
}

function inOrder(field: string, op: Comparison, typings: readonly Typing[]): readonly Typing[] {
  const ordered = typings.filter(({ type }) => type.unordered === undefined);
  if (ordered.length > 0) return ordered;
  throw new Refusal('operator', `${op} does not apply to ${field}: ${typings[0]?.type.unordered}`);
}

/** Choices often hold commas, so a list of values is written as JSON. */
function readList(field: string, value: string): readonly string[] {
  const list = parseList(value);
  if (list) return list;
  const expected = 'a JSON array of 1 to 100 values, such as ["CA","FL"]';
  throw new Refusal('value', `what ${field} is to be in must be ${expected}`);
}

function readExists(field: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw new Refusal('value', `whether ${field} exists must be true or false`);
}
