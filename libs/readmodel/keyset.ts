import { Problem } from '#contracts/errors';
import { digest } from '#security/digest';
import type { Identified } from './projection.ts';
import type { ReadModel } from './read-model.ts';
import { timeLeft } from './time-left.ts';

/** Documents as MongoDB filters match them; kept plain so that this file needs no driver. */
export type Filter = Record<string, unknown>;

export interface PageRequest {
  readonly conditions: Filter;
  readonly sort: { readonly field: string; readonly descending: boolean };
  readonly limit: number;
  readonly after: Place | null;
}

export interface Page {
  readonly filter: Filter;
  readonly sort: Record<string, 1 | -1>;
  /** One more than the page holds: whether it comes tells whether there is a next page. */
  readonly fetch: number;
  readonly limit: number;
  readonly field: string;
  /** Binds cursors to the list that they were made for. */
  readonly list: string;
}

type SortValue = string | number | boolean | null;

/** The place in a list at which a page ended: the sort value and the id of its last document. */
export interface Place {
  readonly list: string;
  readonly value: SortValue;
  readonly id: string;
}

/** A text over this length stays out of the cursor, which is part of an address; it's found again by the id. */
const LONGEST_TEXT = 200;

/**
 * Plans one page of a list by keyset: sorted by one field and then by id, starting behind the last document of
 * the page before. Pages stay right while documents are added, and the last page costs what the first does.
 *
 * @throws Problem `bad_cursor` for a place in another list
 */
export function keysetPage({ conditions, sort, limit, after }: PageRequest): Page {
  const list = digest([conditions, sort]).slice(0, 16);
  const direction = sort.descending ? -1 : 1;
  if (after && after.list !== list) throw new Problem('bad_cursor');
  const filter = after ? { $and: [conditions, beyond(sort.field, direction, after)] } : conditions;
  return {
    filter,
    sort: { [sort.field]: direction, _id: direction },
    fetch: limit + 1,
    limit,
    field: sort.field,
    list,
  };
}

/** Cuts what was fetched to the page, and makes the cursor of the next one. */
export function pageOf<Doc extends { readonly _id: string }>(
  page: Page,
  fetched: readonly Doc[],
): { items: readonly Doc[]; next: string | null } {
  const items = fetched.slice(0, page.limit);
  const last = items.at(-1);
  if (fetched.length <= page.limit || !last) return { items, next: null };
  return { items, next: cursorOf({ list: page.list, value: sortValue(last, page.field), id: last._id }) };
}

export interface ListRequest extends Omit<PageRequest, 'after'> {
  /** `next` of the page before; null for the first. */
  readonly cursor: string | null;
  /** Of `performance.now()`. */
  readonly deadline: number;
}

/**
 * One page of a list whose sort values are short enough for every cursor to hold them.
 *
 * @throws Problem `bad_cursor`, and what the read model throws
 */
export async function listPage<Doc extends Identified>(
  model: Pick<ReadModel<Doc>, 'find'>,
  { conditions, sort, limit, cursor, deadline }: ListRequest,
): Promise<{ items: readonly Doc[]; next: string | null }> {
  const after = cursor === null ? null : await placeOf(cursor, sort, () => Promise.resolve(undefined));
  const page = keysetPage({ conditions, sort, limit, after });
  const documents = await model.find(page.filter, {
    sort: page.sort,
    limit: page.fetch,
    maxTimeMs: timeLeft(deadline),
  });
  return pageOf(page, documents);
}

function cursorOf({ list, value, id }: Place): string {
  const isLong = typeof value === 'string' && value.length > LONGEST_TEXT;
  const cursor = isLong ? { list, id } : { list, value, id };
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/**
 * The place that a cursor names.
 *
 * @param find reads a document again whose sort value was too long for the cursor
 * @throws Problem `bad_cursor` for a cursor that is damaged, or whose document is gone
 */
export async function placeOf(
  cursor: string,
  { field }: PageRequest['sort'],
  find: (id: string) => Promise<object | undefined>,
): Promise<Place> {
  const { list, value, id } = readCursor(cursor);
  if (value !== undefined) return { list, value, id };
  const document = await find(id);
  if (document === undefined)
    throw new Problem('bad_cursor', 'What the page before ended with is gone: begin the list anew');
  return { list, value: sortValue(document, field), id };
}

/** MongoDB sorts null and missing first, and `$gt` and `$lt` never match them: both need a word of their own. */
function beyond(field: string, direction: 1 | -1, { value, id }: Place): Filter {
  const than = direction === 1 ? '$gt' : '$lt';
  const sameValue = { [field]: value, _id: { [than]: id } };
  if (value === null) return direction === 1 ? { $or: [sameValue, { [field]: { $ne: null } }] } : sameValue;
  const further = { [field]: { [than]: value } };
  return { $or: direction === 1 ? [sameValue, further] : [sameValue, further, { [field]: null }] };
}

function readCursor(text: string): Omit<Place, 'value'> & Partial<Place> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch (cause) {
    throw new Problem('bad_cursor', undefined, { cause });
  }
  const { list, value, id } = (parsed ?? {}) as Record<string, unknown>;
  if (typeof list !== 'string' || typeof id !== 'string') throw new Problem('bad_cursor');
  if (value === undefined) return { list, id };
  if (!isSortValue(value)) throw new Problem('bad_cursor');
  return { list, value, id };
}

function sortValue(document: object, field: string): SortValue {
  const value = field
    .split('.')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
  return isSortValue(value) ? value : null;
}

function isSortValue(value: unknown): value is SortValue {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
