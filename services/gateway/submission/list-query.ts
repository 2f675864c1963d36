import { Problem } from '#contracts/errors';
import { Condition, SortOrder } from '#contracts/submission/submission.rpc';

const FILTER = /^([^:]+):([a-z]+):(.*)$/s;

/** `answers.state:eq:CA`; the value may hold colons. @throws Problem `bad_request` */
export function readCondition(text: string): Condition {
  const [, field, op, value] = FILTER.exec(text) ?? [];
  const parsed = Condition.safeParse({ field, op, value });
  if (parsed.success) return parsed.data;
  throw new Problem(
    'bad_request',
    `filter ${JSON.stringify(text.slice(0, 200))} is not <field>:<op>:<value>`,
    {
      errors: parsed.error.issues.map((issue) => ({
        path: `/filter/${issue.path.join('/')}`,
        code: issue.code,
        message: issue.message,
      })),
    },
  );
}

/** `-submittedAt` descends. @throws Problem `bad_request` */
export function readSort(text: string): SortOrder {
  const descending = text.startsWith('-');
  const parsed = SortOrder.safeParse({ field: descending ? text.slice(1) : text, descending });
  if (parsed.success) return parsed.data;
  throw new Problem(
    'bad_request',
    `sort ${JSON.stringify(text)} is not a field name, with or without a leading minus`,
  );
}
