import { Controller, Get, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Caller, CommandCaller } from '#contracts/rpc';
import { isToken } from '#contracts/subjects';
import { TaskState } from '#contracts/task/task.records';
import { listTasks } from '#contracts/task/task.rpc';
import type { Tasks } from '#eventing/task/open';
import { RpcClient } from '#service/rpc-client';
import { Operation } from '../http/operation.ts';
import { Cursor, PageLimit } from '../http/paging.ts';
import { FromCaller, FromCommandCaller } from '../http/principal.ts';
import { sayAge } from '../http/response-headers.ts';
import { LOGGER, TASKS } from '../tokens.ts';
import { ACCEPTED, findTask, sayAccepted, sayTask, TASK_HEADERS } from './accepted.ts';
import { describeTask, Task } from './task.resource.ts';

const TaskPath = z.object({ task: z.string().refine(isToken, 'Is not the id of a task.') });

const ListQuery = z.strictObject({
  state: TaskState.optional(),
  kind: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .meta({ examples: ['webhook-replay'] }),
  limit: PageLimit,
  cursor: Cursor,
});

const TaskPage = listTasks.response.extend({ items: z.array(Task) });

@ApiTags('tasks')
@Controller('v1/tasks')
export class TaskController {
  constructor(
    private readonly rpc: RpcClient,
    @Inject(TASKS) private readonly tasks: Tasks,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Get()
  @Operation({
    id: 'listTasks',
    summary: 'List tasks, the one asked for last first',
    description:
      'Every task of the workspace that was begun by a request answered with 202, until it expires. The list may be a moment behind; a task by its own address never is.',
    scope: 'tasks:read',
    response: TaskPage,
    errors: ['bad_cursor', 'read_model_unavailable'],
  })
  async list(
    @FromCaller() caller: Caller,
    @Query({ schema: ListQuery }) { state, kind, limit, cursor }: z.infer<typeof ListQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof TaskPage>> {
    const page = await this.rpc.call(listTasks, {
      caller,
      state: state ?? null,
      kind: kind ?? null,
      limit,
      cursor: cursor ?? null,
    });
    sayAge(reply, page.readModel);
    return { ...page, items: page.items.map(describeTask) };
  }

  @Get(':task')
  @Operation({
    id: 'getTask',
    summary: 'Read how a task goes, and what it came to',
    description:
      'While the task is not over the answer has Retry-After, and its ETag changes with every change: a look with If-None-Match costs next to nothing. What it came to can be read until `expiresAt`.',
    scope: 'tasks:read',
    response: Task,
    errors: ['task_not_found'],
    gives: TASK_HEADERS,
  })
  async get(
    @FromCaller() { workspace }: Caller,
    @Param({ schema: TaskPath }) { task }: z.infer<typeof TaskPath>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Task> {
    return sayTask(reply, await findTask(this.tasks.tracking, workspace, task));
  }

  @Post(':task/cancel')
  @Operation({
    id: 'cancelTask',
    summary: 'Ask for a task to be cancelled',
    description:
      'One that runs is told to stop, one that waits ends when its turn comes; what it has done stays done. Look at the task to see whether it was in time. Asking again changes nothing.',
    scope: 'tasks:write',
    status: 202,
    response: Task,
    errors: ['task_not_found', 'task_over'],
    gives: ACCEPTED,
  })
  async cancel(
    @FromCommandCaller() { workspace, actor, correlation, time }: CommandCaller,
    @Param({ schema: TaskPath }) { task }: z.infer<typeof TaskPath>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Task> {
    const asked = await this.tasks.tracking.cancel(workspace, task, time);
    this.logger.info({ workspace, task, actor, correlation }, 'a task is to be cancelled');
    return sayAccepted(reply, asked);
  }
}
