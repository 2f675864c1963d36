import type { ErrorItem } from '#contracts/errors';
import { KINDS, limitOf } from '#contracts/issue-words';
import type { z } from 'zod';

type Text = Pick<ErrorItem, 'code' | 'message'>;

/** What a value must be, by the name that Zod has for it: of its type, or of its format. */
const EXPECTED: Readonly<Record<string, string>> = {
  ...KINDS,
  null: 'null',
  datetime: 'a date and time such as 2030-01-31T12:00:00Z',
  uuid: 'a UUID',
  url: 'a URL',
  email: 'an e-mail address',
};

/** What Zod says of a union without a message of its own. */
const UNSAID = 'Invalid input';

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
    case 'invalid_union':
      // What could be meant is said by the schema, where it says so.
      return { code: 'invalid', message: issue.message === UNSAID ? mustBe(undefined) : issue.message };
    default:
      return { code: 'invalid', message: mustBe(undefined) };
  }
}

const mustBe = (what: string | undefined): string =>
  what === undefined ? 'This is not what is taken here.' : `Must be ${what}.`;

/** `200`, `1 character`, `20 items` */
const amount = (limit: number | bigint, unit: string): string =>
  unit === '' ? String(limit) : `${limit} ${unit}${Number(limit) === 1 ? '' : 's'}`;
