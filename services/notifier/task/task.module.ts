import { Module, type DynamicModule } from '@nestjs/common';
import type { ReadModel } from '#readmodel/read-model';
import { TaskHandler, TASKS_MODEL } from './task.handler.ts';
import type { TaskDocument } from './task.projection.ts';

/** The RPC of followed tasks: their list. */
@Module({})
export class TaskModule {
  static with({ model }: { readonly model: ReadModel<TaskDocument> }): DynamicModule {
    return {
      module: TaskModule,
      controllers: [TaskHandler],
      providers: [{ provide: TASKS_MODEL, useValue: model }],
    };
  }
}
