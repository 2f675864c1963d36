import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import type { Logger } from 'pino';
import type { Executor } from '#eventing/executor';
import { RpcClient } from '#service/rpc-client';
import { RequestValidationPipe } from '#service/validation';
import { AccessDirectory } from './access/access.directory.ts';
import { AccessGuard } from './access/access.guard.ts';
import { KeyController } from './access/key.controller.ts';
import { FormController } from './form/form.controller.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { SubmissionController } from './submission/submission.controller.ts';
import { EXECUTOR } from './tokens.ts';
import { WorkspaceController } from './workspace/workspace.controller.ts';

export interface GatewayDependencies {
  readonly directory: AccessDirectory;
  readonly executor: Executor;
  readonly rpc: RpcClient;
  readonly logger: Logger;
}

/** The gateway as a list: its routes, and what every request passes. */
@Module({})
export class GatewayModule {
  static with({ directory, executor, rpc, logger }: GatewayDependencies): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [FormController, SubmissionController, KeyController, WorkspaceController],
      providers: [
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_PIPE, useClass: RequestValidationPipe },
        { provide: APP_FILTER, useValue: new ProblemFilter(logger) },
        { provide: AccessDirectory, useValue: directory },
        { provide: EXECUTOR, useValue: executor },
        { provide: RpcClient, useValue: rpc },
      ],
    };
  }
}
