import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { DynamicModule, Type } from '@nestjs/common';
import { nestLogger } from './nest-logger.ts';
import { RpcProblemFilter } from './rpc-problem.filter.ts';
import { RpcServer, type RpcServerOptions } from './rpc-server.ts';
import { RequestValidationPipe } from './validation.ts';

/** A running set of RPC controllers. */
export interface RpcService {
  /** Takes no new requests, answers those in hand, then runs the module's shutdown hooks. */
  close(): Promise<void>;
}

/**
 * Serves the RPC controllers of a module: plain Nest, `@MessagePattern(submit.subject)` and
 * `@Payload({ schema: submit.request })`. Requests are validated, errors reach the caller as Problems, and the
 * promise resolves when nats-server knows every subscription.
 */
export async function startRpc(module: Type | DynamicModule, options: RpcServerOptions): Promise<RpcService> {
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(module, {
    strategy: new RpcServer(options),
    logger: nestLogger(options.bus.logger.child({}, { level: 'warn' })),
    abortOnError: false,
  });
  app.useGlobalFilters(new RpcProblemFilter(options.bus.logger));
  app.useGlobalPipes(new RequestValidationPipe());
  await app.listen();
  return app;
}
