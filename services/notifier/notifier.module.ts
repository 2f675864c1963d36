import { Module, type DynamicModule } from '@nestjs/common';
import type { ReadModel } from '#readmodel/read-model';
import { RpcClient } from '#service/rpc-client';
import { Bodies } from './delivery/body.ts';
import { DeliveryHandler } from './delivery/delivery.handler.ts';
import { DeliveryLog } from './delivery/delivery.log.ts';
import { deliveriesProjection, type DeliveryDocument } from './delivery/delivery.projection.ts';
import { EventFinder } from './delivery/event-finder.ts';
import { ReplayHandler } from './delivery/replay.handler.ts';
import { ReplayRoom } from './delivery/replay.room.ts';
import { Retries } from './delivery/retries.ts';
import { Sender } from './delivery/sender.ts';
import { mailTemplatesProjection } from './mail/template.projection.ts';
import type { Parts } from './notifier.parts.ts';
import { TaskModule } from './task/task.module.ts';
import { tasksProjection, type TaskDocument } from './task/task.projection.ts';
import { BUS, DELIVERIES_MODEL, EGRESS, EVENT_LOG, EXECUTOR, TASKS } from './tokens.ts';
import { WebhookDirectory } from './webhook/webhook.directory.ts';
import { WebhookHandler } from './webhook/webhook.handler.ts';
import { WebhookCustody } from './webhook/webhook.keys.ts';

/** The read models of this service, built by its role `projector`. */
export const PROJECTIONS = [deliveriesProjection, tasksProjection, mailTemplatesProjection] as const;

export interface NotifierDependencies {
  readonly parts: Parts;
  readonly models: {
    readonly deliveries: ReadModel<DeliveryDocument>;
    readonly tasks: ReadModel<TaskDocument>;
  };
  /** The RPC of mail. */
  readonly mail: DynamicModule;
}

/** What the role `api` answers: the RPC of webhooks, their deliveries and replays, of tasks, and of mail. */
@Module({})
export class NotifierModule {
  static with({ parts, models, mail }: NotifierDependencies): DynamicModule {
    return {
      module: NotifierModule,
      imports: [mail, TaskModule.with({ model: models.tasks })],
      controllers: [WebhookHandler, DeliveryHandler, ReplayHandler],
      providers: [
        { provide: BUS, useValue: parts.bus },
        { provide: EVENT_LOG, useValue: parts.log },
        { provide: EXECUTOR, useValue: parts.executor },
        { provide: TASKS, useValue: parts.tasks },
        { provide: EGRESS, useValue: parts.egress },
        { provide: RpcClient, useValue: parts.rpc },
        { provide: WebhookDirectory, useValue: parts.directory },
        { provide: WebhookCustody, useValue: parts.custody },
        { provide: Sender, useValue: parts.sender },
        { provide: Bodies, useValue: parts.bodies },
        { provide: Retries, useValue: parts.retries },
        { provide: DeliveryLog, useValue: parts.deliveries },
        { provide: EventFinder, useValue: parts.events },
        { provide: DELIVERIES_MODEL, useValue: models.deliveries },
        { provide: ReplayRoom, useValue: new ReplayRoom(models.tasks) },
      ],
    };
  }
}
