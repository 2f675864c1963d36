import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Logger } from 'pino';
import { GatewayConfig } from '../config.ts';
import { GatewayModule, type GatewayDependencies } from '../gateway.module.ts';
import { describeApi } from './document.ts';

/** The API description without anything behind it: nothing is connected, and no request could be served. */
export async function apiDescription(logger: Logger): Promise<OpenAPIObject> {
  const unused = new Proxy({}, { get: () => undefined });
  const dependencies = {
    logger,
    directory: unused,
    executor: unused,
    rpc: unused,
    tasks: unused,
    deadLetters: unused,
    projections: unused,
    operatorWorkspace: 'default',
  } as unknown as GatewayDependencies;
  const app = await NestFactory.create(GatewayModule.with(dependencies), new FastifyAdapter(), {
    logger: false,
  });
  return describeApi(app, { bodyLimit: GatewayConfig.shape.BODY_LIMIT_BYTES.parse(undefined) });
}
