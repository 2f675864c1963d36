import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#contracts/errors';
import type { ProblemFilter } from './problem.filter.ts';

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
}

/**
 * Answers what no route takes: 405 with Allow where the address exists for another method, 404 elsewhere.
 */
export function refuseUnknownRoutes(fastify: FastifyInstance, filter: ProblemFilter): { seal(): void } {
  const routes: Route[] = [];
  let sealed = false;
  fastify.addHook('onRoute', ({ method, url }) => {
    if (sealed) return;
    for (const one of [method].flat()) routes.push({ method: one, pattern: patternOf(url) });
  });
  fastify.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    await refuse(request, reply);
  });

  async function refuse(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const path = request.url.split('?', 1)[0] ?? '/';
    const allowed = [
      ...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
    ];
    if (allowed.length > 0) reply.header('allow', allowed.join(', '));
    await filter.write(new Problem(allowed.length > 0 ? 'method_not_allowed' : 'not_found'), request, reply);
  }

  return {
    seal: () => {
      sealed = true;
    },
  };
}

/** `/v1/forms/:form` as a regular expression; one `*` takes the rest. */
function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part === '*' ? '.*' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}/?$`);
}
