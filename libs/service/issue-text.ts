import type { ErrorItem } from '#contracts/errors';
import type { z } from 'zod';

type Text = Pick<ErrorItem, 'code' | 'message'>;

/** What a value must be, by the name that Zod has for it. */
const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  datetime: 'a date and time such as 2030-01-31T12:00:00Z',
  uuid: 'a UUID',
  url: 'a URL',
};

/** How codes and words name a limit of each kind: they are those that answers are refused with. */
const LIMITS = {
  number: { under: 'too_small', over: 'too_large', unit: '' },
  string: { under: 'too_short', over: 'too_long', unit: 'character' },
  array: { under: 'too_few', over: 'too_many', unit: 'item' },
} as const;

/** Zod's issue in the words of Formbus: callers see neither the library nor its codes, which may change with it. */
export function issueText(issue: z.core.$ZodIssue, value: unknown): Text {
  if (value === undefined) return { code: 'required', message: 'This is required.' };
  switch (issue.code) {
    case 'invalid_type':
      return { code: 'type', message: mustBe(EXPECTED[issue.expected]) };
    case 'invalid_format':
      // A pattern says nothing to people, so each of ours comes with a message.
      return issue.format === 'regex'
        ? { code: 'pattern', message: issue.message }
        : { code: 'type', message: mustBe(EXPECTED[issue.format]) };
    case 'invalid_value':
      return { code: 'choice', message: mustBe(`one of ${issue.values.map(String).join(', ')}`) };
    case 'too_small': {
      const { under, unit } = limitOf(issue.origin);
      const than = issue.inclusive === false ? 'more than' : 'at least';
      return { code: under, message: mustBe(`${than} ${amount(issue.minimum, unit)}`) };
    }
    case 'too_big': {
      const { over, unit } = limitOf(issue.origin);
      const than = issue.inclusive === false ? 'less than' : 'at most';
      return { code: over, message: mustBe(`${than} ${amount(issue.maximum, unit)}`) };
    }
    case 'custom':
      return { code: 'invalid', message: issue.message };
    default:
      return { code: 'invalid', message: mustBe(undefined) };
  }
}

const mustBe = (what: string | undefined): string =>
  what === undefined ? 'This is not what is taken here.' : `Must be ${what}.`;

const limitOf = (origin: string): (typeof LIMITS)[keyof typeof LIMITS] =>
  Object.hasOwn(LIMITS, origin) ? LIMITS[origin as keyof typeof LIMITS] : LIMITS.number;

/** `200`, `1 character`, `20 items` */
const amount = (limit: number | bigint, unit: string): string =>
  unit === '' ? String(limit) : `${limit} ${unit}${Number(limit) === 1 ? '' : 's'}`;
