import type { FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, Problem } from '#contracts/errors';

export interface SubmitBody {
  readonly answers: Record<string, unknown>;
  readonly version?: number;
}

export const SUBMIT_SCHEMA = {
  type: 'object',
  properties: { answers: { type: 'object' }, version: { type: 'integer', minimum: 1 } },
  required: ['answers'],
  additionalProperties: false,
};

export const RECEIPT_SCHEMA = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    form: { type: 'string' },
    formVersion: { type: 'integer' },
    state: { type: 'string' },
    submittedAt: { type: 'string' },
    dropped: { type: 'array', items: { type: 'string' } },
  },
};

export function answerProblem(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.type('application/problem+json');
  if (error instanceof Problem) {
    const { status, title } = ERRORS[error.code];
    return reply
      .code(status)
      .send({ status, title, code: error.code, detail: error.message, errors: error.errors });
  }
  const { statusCode: status = 500, message: detail } = error as { statusCode?: number; message: string };
  return reply.code(status).send({ status, detail });
}
