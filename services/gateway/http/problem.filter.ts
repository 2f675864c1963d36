import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { ERRORS, Problem, type ErrorCode } from '#contracts/errors';

/** The body of every error answer: RFC 9457, with the code of the errors table and the request id. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail?: string;
  readonly action: string;
  readonly requestId: string;
  readonly errors?: Problem['errors'];
}

export function problemDocument(problem: Problem, requestId: string): ProblemDocument {
  const { status, title, action } = ERRORS[problem.code];
  return {
    type: `urn:formbus:problem:${problem.code}`,
    title,
    status,
    code: problem.code,
    ...(problem.message === title ? {} : { detail: problem.message }),
    action,
    requestId,
    ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
  };
}

/** What Fastify and Nest refuse by themselves, in the words of the errors table. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
  FST_ERR_BAD_URL: 'bad_request',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
};

const STATUS_CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'bad_request',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  413: 'body_too_large',
  415: 'unsupported_media_type',
};

/**
 * Every error as a Problem: refusals keep their words, anything unforeseen becomes `internal`.
 *
 * @param bodyLimit the bytes that the route takes
 */
export function asProblem(error: unknown, bodyLimit: number): Problem {
  if (error instanceof Problem) return error;
  // Nest wraps what Fastify threw.
  if (error instanceof HttpException && error.cause !== undefined) return asProblem(error.cause, bodyLimit);
  const { code, statusCode, message } = error as { code?: unknown; statusCode?: unknown; message?: string };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new Problem('body_too_large', `At most ${bodyLimit} bytes are taken here`);
  }
  if (typeof code === 'string' && CODES[code]) return new Problem(CODES[code], message);
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  const known = typeof status === 'number' ? STATUS_CODES[status] : undefined;
  return known ? new Problem(known) : new Problem('internal', undefined, { cause: error });
}

/** Writes every error of the gateway as problem+json, and logs those that are its own fault. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const problem = asProblem(error, request.routeOptions.bodyLimit);
    await this.write(problem, request, http.getResponse<FastifyReply>());
  }

  async write(problem: Problem, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { status } = ERRORS[problem.code];
    if (status >= 500) {
      const level = problem.code === 'internal' ? 'error' : 'warn';
      this.logger[level]({ err: problem, code: problem.code, requestId: request.id }, 'request failed');
    }
    if (problem.retryAfter !== undefined) reply.header('retry-after', Math.ceil(problem.retryAfter));
    if (problem.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer realm="formbus"');
    await reply
      .status(status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(problemDocument(problem, request.id));
  }
}
