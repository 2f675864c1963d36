import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '#contracts/errors';

function header(context: ExecutionContext, name: string): string | undefined {
  const value = context.switchToHttp().getRequest<FastifyRequest>().headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

const IDEMPOTENCY_KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/** @throws Problem `bad_request` */
export function readIdempotencyKey(value: string | undefined): string | null {
  if (value === undefined) return null;
  if (IDEMPOTENCY_KEY.test(value)) return value;
  throw new Problem('bad_request', 'Idempotency-Key must be 1 to 255 printable ASCII characters');
}

/** The Idempotency-Key header, or null. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string | null =>
  readIdempotencyKey(header(context, 'idempotency-key')),
);

const ENTITY_TAG = /^"([1-9]\d{0,14})"$/;

/**
 * The version that If-Match names: null for none and for `*`.
 * @throws Problem `bad_request` for what is not an entity tag that Formbus gave
 */
export function readIfMatch(value: string | undefined): number | null {
  if (value === undefined || value === '*') return null;
  const version = ENTITY_TAG.exec(value)?.[1];
  if (version) return Number(version);
  throw new Problem('bad_request', 'If-Match must be one ETag as Formbus gave it, such as "3", or *');
}

export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext): number | null =>
  readIfMatch(header(context, 'if-match')),
);

/** If-Match where a change without it could undo another's unseen; whoever sends `*` says that this is meant. */
export const RequiredIfMatch = createParamDecorator(
  (_: unknown, context: ExecutionContext): number | null => {
    const value = header(context, 'if-match');
    if (value === undefined) throw new Problem('precondition_required');
    return readIfMatch(value);
  },
);

/** The Formbus-Min-Position header, or null; the service that knows the log's epoch checks it. */
export const MinPosition = createParamDecorator((_: unknown, context: ExecutionContext): string | null => {
  const value = header(context, 'formbus-min-position');
  if (value === undefined) return null;
  if (value.length < 3 || value.length > 64) throw new Problem('bad_position');
  return value;
});

const TAG = /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/;

/** The first language that Accept-Language names, or null. */
export const Locale = createParamDecorator((_: unknown, context: ExecutionContext): string | null => {
  const first = header(context, 'accept-language')?.split(',')[0]?.split(';')[0]?.trim();
  return first !== undefined && first.length <= 35 && TAG.test(first) ? first : null;
});
