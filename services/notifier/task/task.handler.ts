import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { listTasks } from '#contracts/task/task.rpc';
import type { ReadModel } from '#readmodel/read-model';
import { QUERY_TIMEOUT_MS } from '../tokens.ts';
import type { TaskDocument } from './task.projection.ts';
import { queryTasks } from './task.query.ts';

export const TASKS_MODEL = Symbol('ReadModel<TaskDocument>');

@Controller()
export class TaskHandler {
  constructor(@Inject(TASKS_MODEL) private readonly model: ReadModel<TaskDocument>) {}

  @MessagePattern(listTasks.subject)
  list(
    @Payload({ schema: listTasks.request }) request: z.infer<typeof listTasks.request>,
  ): Promise<z.infer<typeof listTasks.response>> {
    return queryTasks(this.model, request, QUERY_TIMEOUT_MS);
  }
}
