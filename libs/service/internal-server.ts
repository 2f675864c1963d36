import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MetricsSource } from './metrics.ts';
import type { Health } from './readiness.ts';

export interface InternalServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly readiness: Health;
  readonly liveness: Health;
  readonly metrics: MetricsSource;
}

export interface InternalServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Health and metrics, for supervisors and Prometheus alone: listens on an address of its own, never on the public
 * one, and asks for no credentials.
 *
 * - `GET /livez`: 200 while every liveness check holds, 503 otherwise
 * - `GET /readyz`: 200 when requests are welcome (also when `degraded`), 503 otherwise; JSON with each check
 * - `GET /metrics`: Prometheus text
 *
 * @throws the error of `listen`, when the port is taken
 */
export async function startInternalServer(options: InternalServerOptions): Promise<InternalServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (request.method !== 'GET' && request.method !== 'HEAD')
      respond(response, 405, 'text/plain', 'GET only\n');
    else if (path === '/livez') void respondHealth(response, options.liveness);
    else if (path === '/readyz') void respondHealth(response, options.readiness);
    else if (path === '/metrics') void respondMetrics(response, options.metrics);
    else respond(response, 404, 'text/plain', '/livez /readyz /metrics\n');
  });
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

const listen = (server: Server, { host, port }: InternalServerOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

async function respondHealth(response: ServerResponse, health: Health): Promise<void> {
  const report = await health.report();
  respond(
    response,
    report.status === 'failed' ? 503 : 200,
    'application/json',
    `${JSON.stringify(report)}\n`,
  );
}

async function respondMetrics(response: ServerResponse, metrics: MetricsSource): Promise<void> {
  try {
    respond(response, 200, metrics.contentType, await metrics.text());
  } catch (error) {
    respond(response, 500, 'text/plain', `${error instanceof Error ? error.message : String(error)}\n`);
  }
}

function respond(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
