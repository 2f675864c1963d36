import type { FastifyInstance } from 'fastify';
import { Histogram } from 'prom-client';

const seconds = new Histogram({
  name: 'formbus_http_request_seconds',
  help: 'Time from the first byte of a request to the last of its answer, by method, route and status',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10],
});

/** Counts and times every request, by its route's pattern: ids would make a series of each submission. */
export function measureRequests(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    done();
  });
}
