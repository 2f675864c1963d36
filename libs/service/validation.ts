import { Problem, type ErrorItem } from '#contracts/errors';
import { jsonPointer } from '#contracts/json-pointer';
import { StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { z } from 'zod';
import { issueText } from './issue-text.ts';

/** What a request's part is called in the answer. */
const PART: Record<ArgumentMetadata['type'], string> = {
  body: 'body',
  query: 'query',
  param: 'path',
  custom: 'request',
};

/**
 * Validates what a handler is given against the schema written at its parameter: `@Payload({ schema })`,
 * `@Body({ schema })`, `@Query({ schema })`, `@Param({ schema })`. The handler gets the schema's output (defaults
 * filled in, coerced); a parameter without a schema is left alone. Set once for the whole application.
 *
 * @throws Problem `bad_request` with every error, each at its JSON Pointer into that part
 */
export class RequestValidationPipe extends StandardSchemaValidationPipe {
  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    if (metadata.schema === undefined) return value;
    const result = await this.validate<T>(value, metadata.schema);
    if (result.issues === undefined) return result.value;
    // Every schema here is Zod's.
    const errors = errorItems(result.issues as readonly z.core.$ZodIssue[], value);
    if (value === undefined)
      throw new Problem('bad_request', `The ${PART[metadata.type]} is missing.`, { errors });
    const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
    throw new Problem('bad_request', `The ${PART[metadata.type]} has ${count}.`, { errors });
  }
}

/** Zod's issues as error items: one for each unknown key too, which Zod names together at their parent. */
function errorItems(issues: readonly z.core.$ZodIssue[], value: unknown): ErrorItem[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          path: jsonPointer([...issue.path, key]),
          code: 'unknown_field',
          message: 'There is no such field.',
        }))
      : [{ path: jsonPointer(issue.path), ...issueText(issue, valueAt(value, issue.path)) }],
  );
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (at, segment) => (at as Partial<Record<PropertyKey, unknown>> | null | undefined)?.[segment],
    value,
  );
