import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { issueText } from './issue-text.ts';

const said = (schema: z.ZodType, value: unknown): string => {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  if (!issue) throw new Error('expected an issue');
  const { code, message } = issueText(issue, value);
  return `${code}: ${message}`;
};

describe('what is wrong with a value', () => {
  it.each<[string, z.ZodType, unknown, string]>([
    ['a record that is missing', z.record(z.string(), z.unknown()), undefined, 'required: This is required.'],
    ['a choice that is missing', z.enum(['a', 'b']), undefined, 'required: This is required.'],
    ['a number for text', z.string(), 1, 'type: Must be text.'],
    ['text for a number', z.number(), 'x', 'type: Must be a number.'],
    ['text that is coerced to no number', z.coerce.number(), 'x', 'type: Must be a number.'],
    ['a fraction', z.int(), 1.5, 'type: Must be a whole number.'],
    ['a list for a record', z.record(z.string(), z.unknown()), [], 'type: Must be an object.'],
    ['a list for an object', z.strictObject({}), [], 'type: Must be an object.'],
    ['null for a list', z.array(z.string()), null, 'type: Must be a list.'],
    ['text for a boolean', z.boolean(), 'yes', 'type: Must be true or false.'],
    ['none of the choices', z.enum(['a', 'b']), 'c', 'choice: Must be one of a, b.'],
    ['no UUID', z.uuid(), '17', 'type: Must be a UUID.'],
    [
      'no date and time',
      z.iso.datetime(),
      'noon',
      'type: Must be a date and time such as 2030-01-31T12:00:00Z.',
    ],
    ['what a pattern refuses', z.string().regex(/^a$/, 'Must be a.'), 'b', 'pattern: Must be a.'],
    ['a number under the limit', z.number().min(1), 0, 'too_small: Must be at least 1.'],
    ['a number at an exclusive limit', z.number().positive(), 0, 'too_small: Must be more than 0.'],
    ['a number over the limit', z.number().max(200), 201, 'too_large: Must be at most 200.'],
    ['short text', z.string().min(2), '', 'too_short: Must be at least 2 characters.'],
    ['empty text', z.string().min(1), '', 'too_short: Must be at least 1 character.'],
    ['long text', z.string().max(2), 'abc', 'too_long: Must be at most 2 characters.'],
    ['a short list', z.array(z.string()).min(2), [], 'too_few: Must be at least 2 items.'],
    ['a long list', z.array(z.string()).max(0), ['a'], 'too_many: Must be at most 0 items.'],
    ['a rule of ours', z.string().refine(() => false, 'Must be kind.'), 'x', 'invalid: Must be kind.'],
    ['one of several', z.union([z.string(), z.null()], 'Must be a name.'), 1, 'invalid: Must be a name.'],
    ['anything else', z.union([z.string(), z.null()]), 1, 'invalid: This is not what is taken here.'],
  ])('%s', (_what, schema, value, text) => {
    expect(said(schema, value)).toBe(text);
  });
});
