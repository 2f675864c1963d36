import type { IncomingMessage } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { v7 as uuid } from 'uuid';
import { nestLogger } from '#service/nest-logger';
import { authenticateFirst } from '../access/authentication.ts';
import { GatewayModule, type GatewayDependencies } from '../gateway.module.ts';
import { serveReference } from '../openapi/reference.ts';
import { describeApi } from '../openapi/document.ts';
import { refuseOtherTypes } from './accept.ts';
import { limitBodies } from './body-limits.ts';
import { takeJson } from './json-body.ts';
import { answerNotModified } from './not-modified.ts';
import { refuseUnknownRoutes } from './unknown-route.ts';
import { measureRequests } from './request-metrics.ts';
import { ProblemFilter } from './problem.filter.ts';
import { requireScopes } from './require-scopes.ts';

export interface HttpOptions {
  readonly bodyLimit: number;
  readonly publicUrl?: string;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** A slow client may take this long to send its request, then it is cut. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Proxies in front keep connections for up to 60 s; ours must outlive theirs, or they meet a closed one. */
const KEEP_ALIVE_MS = 65_000;

/** The gateway's HTTP application, ready to listen or to be asked by `inject`. */
export async function createHttpApp(
  dependencies: GatewayDependencies,
  { bodyLimit, publicUrl }: HttpOptions,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A connection that is idle is closed at once when the gateway drains; one in use, after its answer.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    genReqId: (request: IncomingMessage) => {
      const sent = request.headers['x-request-id'];
      return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : uuid();
    },
  });
  const fastify = adapter.getInstance();
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    reply.header('x-request-id', request.id);
    done();
  });
  measureRequests(fastify);
  const routes = refuseUnknownRoutes(fastify, new ProblemFilter(dependencies.logger));
  authenticateFirst(fastify, dependencies.directory);
  refuseOtherTypes(fastify);
  takeJson(fastify);
  limitBodies(fastify);
  answerNotModified(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.with(dependencies), adapter, {
    logger: nestLogger(dependencies.logger.child({}, { level: 'warn' })),
    abortOnError: false,
    bodyParser: false,
  });
  requireScopes(app);
  serveReference(app, describeApi(app as INestApplication, { bodyLimit, publicUrl }));
  await app.init();
  routes.seal();
  return app;
}
