import { Problem } from '#contracts/errors';
import { digest } from '#security/digest';

/** Documents as MongoDB filters match them; kept plain so that this file needs no driver. */
export type Filter = Record<string, unknown>;

export interface PageRequest {
  readonly conditions: Filter;
  readonly sort: { readonly field: string; readonly descending: boolean };
  readonly limit: number;
  readonly cursor: string | null;
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

/** What a cursor says: the list, and the last document's sort value and id. */
interface Cursor {
  readonly list: string;
  readonly value: string | number | boolean | null;
  readonly id: string;
}

/**
 * Plans one page of a list by keyset: sorted by one field and then by id, starting behind the last document of
 * the page before. Pages stay right while documents are added, and the last page costs what the first does.
 *
 * @throws Problem `bad_cursor` for a cursor that is damaged or was made with another filter or sort
 */
export function keysetPage({ conditions, sort, limit, cursor }: PageRequest): Page {
  const list = digest([conditions, sort]).slice(0, 16);
  const direction = sort.descending ? -1 : 1;
  const after = cursor === null ? undefined : readCursor(cursor, list);
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
  const cursor: Cursor = { list: page.list, value: sortValue(last, page.field), id: last._id };
  return { items, next: Buffer.from(JSON.stringify(cursor)).toString('base64url') };
}

/** MongoDB sorts null and missing first, and `$gt` and `$lt` never match them: both need a word of their own. */
function beyond(field: string, direction: 1 | -1, { value, id }: Cursor): Filter {
  const than = direction === 1 ? '$gt' : '$lt';
  const sameValue = { [field]: value, _id: { [than]: id } };
  if (value === null) return direction === 1 ? { $or: [sameValue, { [field]: { $ne: null } }] } : sameValue;
  const further = { [field]: { [than]: value } };
  return { $or: direction === 1 ? [sameValue, further] : [sameValue, further, { [field]: null }] };
}

function readCursor(text: string, list: string): Cursor {
  const cursor = decode(text);
  if (cursor?.list !== list) throw new Problem('bad_cursor');
  return cursor;
}

function decode(text: string): Cursor | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch (cause) {
    throw new Problem('bad_cursor', undefined, { cause });
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { list, value, id } = parsed as Record<string, unknown>;
  return typeof list === 'string' && typeof id === 'string' && isSortValue(value)
    ? { list, value, id }
    : undefined;
}

function sortValue(document: object, field: string): Cursor['value'] {
  const value = field
    .split('.')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
  return isSortValue(value) ? value : null;
}

function isSortValue(value: unknown): value is Cursor['value'] {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
