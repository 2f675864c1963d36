/** Words and codes for what Zod finds wrong, wherever it does: requests and definitions are told the same. */

/** What a value must be, by the name that Zod has for its type. */
export const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** How codes and words name a limit of each kind: the codes are those that answers are refused with. */
const LIMITS = {
  number: { under: 'too_small', over: 'too_large', unit: '' },
  string: { under: 'too_short', over: 'too_long', unit: 'character' },
  array: { under: 'too_few', over: 'too_many', unit: 'item' },
} as const;

/** @param origin - Zod's name of what is limited; what has no unit of its own is limited as numbers are */
export const limitOf = (origin: string): (typeof LIMITS)[keyof typeof LIMITS] =>
  Object.hasOwn(LIMITS, origin) ? LIMITS[origin as keyof typeof LIMITS] : LIMITS.number;
