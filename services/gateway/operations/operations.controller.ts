import { Controller, Get, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import { Problem } from '#contracts/errors';
import { FORMS_PROJECTIONS } from '#contracts/operations/projections';
import { projectionRebuildTask } from '#contracts/operations/projection-rebuild.task';
import { projectionVerifyTask } from '#contracts/operations/projection-verify.task';
import type { CommandCaller } from '#contracts/rpc';
import { TIERS, type TaskDefinition } from '#contracts/task';
import { TASKS as KINDS } from '#contracts/tasks';
import { DeadLetters } from '#eventing/dead-letters';
import { ApiCode, isApiError } from '#eventing/jetstream-api';
import { streamStatuses } from '#eventing/stream-status';
import type { Tasks } from '#eventing/task/open';
import { Operation } from '../http/operation.ts';
import { FromCommandCaller } from '../http/principal.ts';
import { IdempotencyKey } from '../http/request-headers.ts';
import { ACCEPTED, sayAccepted } from '../task/accepted.ts';
import { beginTask } from '../task/begin.ts';
import { Task } from '../task/task.resource.ts';
import { LOGGER, TASKS } from '../tokens.ts';
import { ProjectionWatch } from './projection-watch.ts';

const StreamEnd = z.object({ seq: z.int().nonnegative(), time: z.string() }).nullable();
const Stream = z.object({
  name: z.string(),
  description: z.string(),
  subjects: z.array(z.string()),
  retention: z.string().meta({
    description: '`limits`: messages stay until they are too old; `workqueue`: until they are done',
  }),
  messages: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  consumers: z.int().nonnegative(),
  first: StreamEnd.meta({ description: 'The oldest message' }),
  last: StreamEnd.meta({ description: 'The newest message' }),
});

const TaskKind = z.object({
  kind: z.string().meta({ examples: ['webhook-replay'] }),
  tier: z.enum(TIERS),
  summary: z.string(),
  pending: z.int().nonnegative().meta({ description: 'Tasks that wait for a worker' }),
  running: z.int().nonnegative().meta({ description: 'Tasks in the hands of workers' }),
  scheduled: z
    .int()
    .nonnegative()
    .meta({ description: 'Tasks that are due later, or wait for their next attempt' }),
  oldestSeconds: z
    .number()
    .nonnegative()
    .meta({ description: 'How long the oldest of them has waited; 0 when there is none' }),
  paused: z.boolean(),
});
type TaskKind = z.infer<typeof TaskKind>;

const Status = z.object({
  bus: z.object({ server: z.string().meta({ description: 'The version of nats-server' }) }),
  streams: z.array(Stream),
  taskKinds: z.array(TaskKind),
  deadLetters: z.object({
    waiting: z.int().nonnegative(),
    byDurable: z.record(z.string(), z.int().positive()).meta({
      description: 'By the durable consumer that gave them up; that of a task is named after its kind',
    }),
  }),
  projections: z
    .array(
      z.object({
        projection: z.string(),
        state: z.enum(['live', 'behind', 'halted', 'silent']),
        position: z.string(),
        ageSeconds: z.number().nonnegative(),
      }),
    )
    .meta({
      description:
        'Read models as the processes that write them tell of them every second; `silent` when they have stopped to',
    }),
});

const KindPath = z.object({ kind: z.string().max(64) });
const ProjectionPath = z.object({
  projection: z.enum(FORMS_PROJECTIONS).meta({ description: 'The name of the projection' }),
});

const OF_THE_OPERATOR = 'Keys of the workspace of the operator alone.';

@ApiTags('operations')
@Controller('v1/operations')
export class OperationsController {
  constructor(
    @Inject(TASKS) private readonly tasks: Tasks,
    private readonly deadLetters: DeadLetters,
    private readonly projections: ProjectionWatch,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Get('status')
  @Operation({
    id: 'getStatus',
    summary: 'See how it stands with the installation',
    description: OF_THE_OPERATOR,
    scope: 'operations:read',
    response: Status,
  })
  async status(): Promise<z.infer<typeof Status>> {
    const { bus } = this.tasks;
    const [streams, taskKinds, counts] = await Promise.all([
      this.streamList(),
      this.kindList(),
      this.deadLetters.counts(),
    ]);
    return {
      bus: { server: bus.nc.info?.version ?? 'unknown' },
      streams,
      taskKinds,
      deadLetters: {
        waiting: [...counts.values()].reduce((sum, count) => sum + count, 0),
        byDurable: Object.fromEntries(counts),
      },
      projections: this.projections.all(),
    };
  }

  @Get('streams')
  @Operation({
    id: 'listStreams',
    summary: 'List the streams of the bus',
    description: OF_THE_OPERATOR,
    scope: 'operations:read',
    response: z.object({ items: z.array(Stream) }),
  })
  async streams(): Promise<{ items: z.infer<typeof Stream>[] }> {
    return { items: await this.streamList() };
  }

  @Get('task-kinds')
  @Operation({
    id: 'listTaskKinds',
    summary: 'List the kinds of tasks, and what waits of each',
    description: OF_THE_OPERATOR,
    scope: 'operations:read',
    response: z.object({ items: z.array(TaskKind) }),
  })
  async kinds(): Promise<{ items: TaskKind[] }> {
    return { items: await this.kindList() };
  }

  @Post('task-kinds/:kind/pause')
  @Operation({
    id: 'pauseTaskKind',
    summary: 'Have no task of a kind begun until it is resumed',
    description: `Those in hand are finished, others wait; a restart does not resume it. ${OF_THE_OPERATOR}`,
    scope: 'operations:write',
    response: TaskKind,
    errors: ['task_kind_not_found'],
  })
  pause(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: KindPath }) { kind }: z.infer<typeof KindPath>,
  ): Promise<TaskKind> {
    return this.tell('pause', kind, caller);
  }

  @Post('task-kinds/:kind/resume')
  @Operation({
    id: 'resumeTaskKind',
    summary: 'Have tasks of a paused kind begun again',
    description: OF_THE_OPERATOR,
    scope: 'operations:write',
    response: TaskKind,
    errors: ['task_kind_not_found'],
  })
  resume(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: KindPath }) { kind }: z.infer<typeof KindPath>,
  ): Promise<TaskKind> {
    return this.tell('resume', kind, caller);
  }

  @Post('projections/:projection/verify')
  @Operation({
    id: 'verifyProjection',
    summary: 'Prove that a read model is what the log says',
    description: `A task (\`projection-verify\`) that folds the log anew beside what is read and compares every document; reads and writes go on. Its result says whether they are equal. ${OF_THE_OPERATOR}`,
    scope: 'operations:write',
    status: 202,
    response: Task,
    errors: ['idempotency_key_reused'],
    accepts: ['Idempotency-Key'],
    gives: [...ACCEPTED, 'Idempotency-Replayed'],
  })
  verify(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: ProjectionPath }) { projection }: z.infer<typeof ProjectionPath>,
    @IdempotencyKey() idempotencyKey: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Task> {
    return this.begin(projectionVerifyTask, projection, { caller, idempotencyKey, reply });
  }

  @Post('projections/:projection/rebuild')
  @Operation({
    id: 'rebuildProjection',
    summary: 'Build a read model anew from the log',
    description: `A task (\`projection-rebuild\`): beside what is read, which is swapped when it is done. Readers notice nothing. ${OF_THE_OPERATOR}`,
    scope: 'operations:write',
    status: 202,
    response: Task,
    errors: ['idempotency_key_reused'],
    accepts: ['Idempotency-Key'],
    gives: [...ACCEPTED, 'Idempotency-Replayed'],
  })
  rebuild(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: ProjectionPath }) { projection }: z.infer<typeof ProjectionPath>,
    @IdempotencyKey() idempotencyKey: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Task> {
    return this.begin(projectionRebuildTask, projection, { caller, idempotencyKey, reply });
  }

  private async begin(
    definition: typeof projectionVerifyTask | typeof projectionRebuildTask,
    projection: z.infer<typeof ProjectionPath>['projection'],
    { reply, ...request }: { caller: CommandCaller; idempotencyKey: string | null; reply: FastifyReply },
  ): Promise<Task> {
    const payload = { workspace: request.caller.workspace, projection };
    const begun = await beginTask(this.tasks, definition, payload, request);
    return sayAccepted(reply, begun.task, begun.replayed);
  }

  private async streamList(): Promise<z.infer<typeof Stream>[]> {
    const found = await streamStatuses(this.tasks.bus);
    return found.map((stream) => ({ ...stream, subjects: [...stream.subjects] }));
  }

  private kindList(): Promise<TaskKind[]> {
    return Promise.all(KINDS.map((definition) => this.kindOf(definition)));
  }

  private async kindOf(definition: TaskDefinition): Promise<TaskKind> {
    const { summary, tier } = definition;
    return { ...(await this.tasks.control.status(definition)), tier, summary };
  }

  private async tell(
    what: 'pause' | 'resume',
    kind: string,
    { actor, correlation }: CommandCaller,
  ): Promise<TaskKind> {
    const definition = KINDS.find((one) => one.kind === kind);
    if (definition === undefined) throw new Problem('task_kind_not_found');
    try {
      await this.tasks.control[what](definition);
    } catch (cause) {
      if (!isApiError(cause, ApiCode.consumerNotFound)) throw cause;
      throw new Problem('task_kind_not_found', `No worker has ever asked for tasks of the kind ${kind}`, {
        cause,
      });
    }
    this.logger.info({ kind, actor, correlation }, `a kind of task was told to ${what}`);
    return this.kindOf(definition);
  }
}
