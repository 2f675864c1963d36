import type { FastifyInstance } from 'fastify';

/** Answers 304 without a body where the caller has what a GET would give: its ETag stands in If-None-Match. */
export function answerNotModified(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const known = request.headers['if-none-match'];
    const etag = reply.getHeader('etag');
    if (known === undefined || typeof etag !== 'string' || !isRead(request.method) || !lists(known, etag)) {
      done(null, payload);
      return;
    }
    reply.code(304).removeHeader('content-type').removeHeader('content-length');
    done(null, null);
  });
}

const isRead = (method: string): boolean => method === 'GET' || method === 'HEAD';

/** RFC 9110, 13.1.2: the comparison is weak, and an asterisk stands for any. */
export const lists = (ifNoneMatch: string, etag: string): boolean =>
  ifNoneMatch.split(',').some((one) => ['*', etag].includes(one.trim().replace(/^W\//, '')));
