import { Problem, type ErrorItem } from '#contracts/errors';
import { StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';

/** An issue as every Standard Schema library reports it; Zod adds its `code`, and `keys` where it names several. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

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
    const errors = errorItems(result.issues);
    const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
    throw new Problem('bad_request', `The ${PART[metadata.type]} has ${count}.`, { errors });
  }
}

/** Zod's issues as error items: one for each unknown key too, which Zod names together at their parent. */
export function errorItems(issues: readonly SchemaIssue[]): ErrorItem[] {
  return issues.flatMap((issue) => {
    const path = (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
    const code = 'code' in issue && typeof issue.code === 'string' ? issue.code : 'invalid';
    if (code === 'unrecognized_keys' && 'keys' in issue && Array.isArray(issue.keys)) {
      return issue.keys.map((key: unknown) => ({
        path: jsonPointer([...path, String(key)]),
        code: 'unknown_field',
        message: 'There is no such field.',
      }));
    }
    return [{ path: jsonPointer(path), code, message: issue.message }];
  });
}

/** RFC 6901: '' is the whole document, `/a~1b/0` the first item of its property `a/b`. */
export const jsonPointer = (path: readonly PropertyKey[]): string =>
  path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
