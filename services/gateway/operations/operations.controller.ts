import { Controller, Get, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Logger } from 'pino';
import { z } from 'zod';
import { Problem } from '#contracts/errors';
import { SERVICES } from '#contracts/operations/services';
import type { CommandCaller } from '#contracts/rpc';
import type { TaskDefinition } from '#contracts/task';
import { TASKS as KINDS } from '#contracts/tasks';
import { DeadLetters } from '#eventing/dead-letters';
import { ApiCode, isApiError } from '#eventing/jetstream-api';
import { streamStatuses } from '#eventing/stream-status';
import type { Tasks } from '#eventing/task/open';
import { callRoll } from '#service/roll-call';
import { Operation } from '../http/operation.ts';
import { FromCommandCaller } from '../http/principal.ts';
import { LOGGER, TASKS } from '../tokens.ts';
import { Status, Stream, TaskKind } from './operations.resource.ts';
import { ProjectionWatch } from './projection-watch.ts';

const KindPath = z.object({ kind: z.string().max(64) });
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
    description: `Takes a moment, and two seconds while a service is away. ${OF_THE_OPERATOR}`,
    scope: 'operations:read',
    response: Status,
  })
  async status(): Promise<Status> {
    const { bus } = this.tasks;
    const [services, streams, taskKinds, counts] = await Promise.all([
      callRoll(bus, { expected: SERVICES }),
      this.streamList(),
      this.kindList(),
      this.deadLetters.counts(),
    ]);
    return {
      bus: { server: bus.nc.info?.version ?? 'unknown' },
      services: [...services],
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
  async streams(): Promise<{ items: Stream[] }> {
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

  private async streamList(): Promise<Stream[]> {
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
