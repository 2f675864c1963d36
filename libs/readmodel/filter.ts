import { NOT_DELETED } from './collection.ts';

export type DocumentFilter = Readonly<Record<string, unknown>>;

/**
 * The filter, so that it meets no tombstone. They have no field of the projection's own, so a filter with an equality
 * on one stays as it is, and a count stays within its index.
 */
export function withoutDeleted(filter: DocumentFilter): DocumentFilter {
  return demandsField(filter) ? filter : { $and: [filter, NOT_DELETED] };
}

function demandsField(filter: DocumentFilter): boolean {
  return Object.entries(filter).some(([name, value]) => {
    if (name === '$and')
      return Array.isArray(value) && value.some((part) => demandsField(part as DocumentFilter));
    return !name.startsWith('$') && !name.startsWith('_') && isValue(value);
  });
}

/** Null also matches what is missing, and an object may be an operator. */
const isValue = (value: unknown): boolean =>
  ['string', 'number', 'boolean'].includes(typeof value) || value instanceof Date;
