import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import type { Logger } from 'pino';
import { DeadLetters } from '#eventing/dead-letters';
import type { Executor } from '#eventing/executor';
import type { Tasks } from '#eventing/task/open';
import { RpcClient } from '#service/rpc-client';
import { RequestValidationPipe } from '#service/validation';
import { AccessDirectory } from './access/access.directory.ts';
import { AccessGuard } from './access/access.guard.ts';
import { KeyController } from './access/key.controller.ts';
import { FormController } from './form/form.controller.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { MailTemplateController } from './mail/mail-template.controller.ts';
import { DeadLetterController } from './operations/dead-letter.controller.ts';
import { OperationsController } from './operations/operations.controller.ts';
import { ProjectionController } from './operations/projection.controller.ts';
import { ProjectionWatch } from './operations/projection-watch.ts';
import { SubmissionController } from './submission/submission.controller.ts';
import { TaskController } from './task/task.controller.ts';
import { EXECUTOR, LOGGER, OPERATOR_WORKSPACE, TASKS } from './tokens.ts';
import { DeliveryController } from './webhook/delivery.controller.ts';
import { EventTypeController } from './webhook/event-type.controller.ts';
import { ReplayController } from './webhook/replay.controller.ts';
import { WebhookController } from './webhook/webhook.controller.ts';
import { WorkspaceController } from './workspace/workspace.controller.ts';

export interface GatewayDependencies {
  readonly directory: AccessDirectory;
  readonly executor: Executor;
  readonly rpc: RpcClient;
  readonly tasks: Tasks;
  readonly deadLetters: DeadLetters;
  readonly projections: ProjectionWatch;
  /** The workspace whose keys may operate the installation. */
  readonly operatorWorkspace: string;
  readonly logger: Logger;
}

/** The gateway as a list: its routes, and what every request passes. */
@Module({})
export class GatewayModule {
  static with(dependencies: GatewayDependencies): DynamicModule {
    const { directory, executor, rpc, tasks, deadLetters, projections, operatorWorkspace, logger } =
      dependencies;
    return {
      module: GatewayModule,
      controllers: [
        FormController,
        SubmissionController,
        WebhookController,
        ReplayController,
        DeliveryController,
        EventTypeController,
        MailTemplateController,
        TaskController,
        KeyController,
        WorkspaceController,
        OperationsController,
        ProjectionController,
        DeadLetterController,
      ],
      providers: [
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_PIPE, useClass: RequestValidationPipe },
        { provide: APP_FILTER, useValue: new ProblemFilter(logger) },
        { provide: AccessDirectory, useValue: directory },
        { provide: EXECUTOR, useValue: executor },
        { provide: RpcClient, useValue: rpc },
        { provide: TASKS, useValue: tasks },
        { provide: DeadLetters, useValue: deadLetters },
        { provide: ProjectionWatch, useValue: projections },
        { provide: OPERATOR_WORKSPACE, useValue: operatorWorkspace },
        { provide: LOGGER, useValue: logger },
      ],
    };
  }
}
