import type { FastifyInstance } from 'fastify';
import { Problem } from '#contracts/errors';

const TAKEN = new Set(['*/*', 'application/*', 'application/json', 'application/problem+json']);

/** Refuses what asks for another representation than JSON; the reference's page is none of its business. */
export function refuseOtherTypes(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ url, headers: { accept } }, _reply, done) => {
    if (accept === undefined || acceptsJson(accept) || !url.startsWith('/v1/')) done();
    else done(new Problem('not_acceptable', 'Only application/json is given here'));
  });
}

/** Whether an Accept header takes JSON. What most clients send is answered without reading it. */
export function acceptsJson(accept: string): boolean {
  if (TAKEN.has(accept)) return true;
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return TAKEN.has(type) && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}
