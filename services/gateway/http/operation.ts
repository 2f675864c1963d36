import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Scope } from '#contracts/access/scopes';
import { ERRORS, type ErrorCode } from '#contracts/errors';
import { NEEDS_SCOPE } from '../access/needs-scope.ts';
import { ProblemSchema } from './problem.schema.ts';

interface OperationOptions {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly scope: Scope;
  readonly status?: 200 | 201 | 202;
  readonly response: z.ZodType;
  /** The codes of its own; those that any route may answer are added. */
  readonly errors?: readonly ErrorCode[];
  /** Headers that the caller may send. */
  readonly accepts?: readonly (keyof typeof REQUEST_HEADERS)[];
  /** Headers that the caller must send. */
  readonly requires?: readonly (keyof typeof REQUEST_HEADERS)[];
  /** Headers of the answer. */
  readonly gives?: readonly (keyof typeof RESPONSE_HEADERS)[];
}

const REQUEST_HEADERS = {
  'Idempotency-Key':
    'Names this request: the same key and body give the same answer again and change nothing.',
  'If-Match':
    'The ETag that the change is based on, 412 when it is no longer the current one; or `*` for any.',
  'Formbus-Min-Position': 'Waits until the read model has seen this position, to read your own write.',
  'Accept-Language': 'The language of messages about answers, and of the mail that the submitter gets.',
} as const;

const RESPONSE_HEADERS = {
  ETag: 'The version of the resource.',
  Location: 'The address of what was created, or of the task that was begun.',
  'Formbus-Position': 'The position in the log that the answer reflects.',
  'Idempotency-Replayed': '`true` when the request was a repeat.',
  'Retry-After': 'Seconds after which it makes sense to look again; left out when nothing more will happen.',
} as const;

const EVERYWHERE: readonly ErrorCode[] = [
  'bad_request',
  'unauthenticated',
  'forbidden',
  'not_acceptable',
  'bus_unavailable',
  'service_unavailable',
  'overloaded',
  'internal',
];

const WITH_BODY: readonly ErrorCode[] = ['malformed_json', 'body_too_large', 'unsupported_media_type'];

/** Declares all that a route is, to the guard and to the OpenAPI document: a route without it does not start. */
export function Operation(options: OperationOptions): MethodDecorator {
  const { id, summary, description, scope, response, status = 200 } = options;
  return (target, name, descriptor) => {
    const errors = [...(options.errors ?? []), ...(takesBody(target, name) ? WITH_BODY : []), ...EVERYWHERE];
    applyDecorators(
      SetMetadata(NEEDS_SCOPE, scope),
      HttpCode(status),
      ApiBearerAuth('apiKey'),
      ApiOperation({
        operationId: id,
        summary,
        description: [description, `Needs the scope \`${scope}\`.`].filter(Boolean).join('\n\n'),
      }),
      ApiResponse({
        status,
        description: summary,
        standardSchema: response,
        headers: describeHeaders(options.gives ?? []),
      }),
      ...headers(options.accepts ?? [], false),
      ...headers(options.requires ?? [], true),
      ...errorResponses(errors),
    )(target, name, descriptor);
  };
}

/** Whether a parameter of the handler is the body: parameters are decorated before their method. */
function takesBody(target: object, name: string | symbol): boolean {
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, target.constructor, name) as object | undefined;
  return Object.keys(parameters ?? {}).some((one) => one.startsWith(`${RouteParamtypes.BODY}:`));
}

const headers = (names: readonly (keyof typeof REQUEST_HEADERS)[], required: boolean): MethodDecorator[] =>
  names.map((name) =>
    ApiHeader({ name, description: REQUEST_HEADERS[name], required, schema: { type: 'string' } }),
  );

function describeHeaders(names: readonly (keyof typeof RESPONSE_HEADERS)[]): Record<string, object> {
  return Object.fromEntries(
    names.map((name) => [name, { description: RESPONSE_HEADERS[name], schema: { type: 'string' } }]),
  );
}

/** One response a status, naming the codes that come with it. */
function errorResponses(codes: readonly ErrorCode[]): MethodDecorator[] {
  const byStatus = Map.groupBy(new Set(codes), (code) => ERRORS[code].status);
  return [...byStatus].map(([status, some]) =>
    ApiResponse({
      status,
      description: some.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join(' '),
      standardSchema: ProblemSchema,
    }),
  );
}
