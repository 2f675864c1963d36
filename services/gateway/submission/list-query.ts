import { z } from 'zod';
import { Condition, SortOrder } from '#contracts/submission/submission.rpc';
import { PageLimit } from '../http/paging.ts';
import { FILTER_DESCRIPTION, SORT_DESCRIPTION } from './list-query.texts.ts';

const SHAPE = /^([^:]*):([^:]*):(.*)$/s;

/** `answers.state:eq:CA`; the value may hold colons. */
const Filter = z
  .string()
  .meta({ examples: ['answers.state:eq:CA'] })
  .transform((text, context): Condition => {
    const match = SHAPE.exec(text);
    if (!match) {
      context.addIssue('Must be <field>:<op>:<value>, such as answers.state:eq:CA.');
      return z.NEVER;
    }
    const [, field, op, value] = match;
    const parsed = Condition.safeParse({ field, op, value });
    for (const { message } of parsed.error?.issues ?? []) context.addIssue(message);
    return parsed.data ?? z.NEVER;
  });

/** `-submittedAt` descends. */
const Sort = z
  .string()
  .max(140)
  .meta({ examples: ['-submittedAt'] })
  .transform((text, context): SortOrder => {
    const descending = text.startsWith('-');
    const parsed = SortOrder.safeParse({ field: descending ? text.slice(1) : text, descending });
    for (const { message } of parsed.error?.issues ?? []) context.addIssue(message);
    return parsed.data ?? z.NEVER;
  })
  .prefault('-submittedAt')
  .meta({ description: SORT_DESCRIPTION });

/** The query of a list of submissions: read here, held against the fields of the form by `forms`. */
export const ListQuery = z.strictObject({
  /** One condition may stand alone or among others: `filter=a&filter=b`. */
  filter: z
    .preprocess((sent) => (typeof sent === 'string' ? [sent] : sent), z.array(Filter).max(20))
    .default([])
    .meta({ description: FILTER_DESCRIPTION }),
  sort: Sort,
  limit: PageLimit,
  cursor: z.string().max(4000).optional().meta({ description: '`next` of the page before' }),
  count: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'Whether to count all that satisfy the filter' }),
});
