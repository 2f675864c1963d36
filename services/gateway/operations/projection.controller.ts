import { Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { keeperOf, PROJECTION_NAMES } from '#contracts/operations/projections';
import { projectionRebuildTasks } from '#contracts/operations/projection-rebuild.task';
import { projectionVerifyTasks } from '#contracts/operations/projection-verify.task';
import type { CommandCaller } from '#contracts/rpc';
import type { Tasks } from '#eventing/task/open';
import { Operation } from '../http/operation.ts';
import { FromCommandCaller } from '../http/principal.ts';
import { IdempotencyKey } from '../http/request-headers.ts';
import { BEGINS_ONCE, sayAccepted } from '../task/accepted.ts';
import { beginTask } from '../task/begin.ts';
import type { Task } from '../task/task.resource.ts';
import { TASKS } from '../tokens.ts';

const ProjectionPath = z.object({
  projection: z.enum(PROJECTION_NAMES).meta({ description: 'The name of the projection' }),
});
type ProjectionPath = z.infer<typeof ProjectionPath>;

const OF_THE_OPERATOR = 'Keys of the workspace of the operator alone.';

@ApiTags('operations')
@Controller('v1/operations/projections/:projection')
export class ProjectionController {
  constructor(@Inject(TASKS) private readonly tasks: Tasks) {}

  @Post('verify')
  @Operation({
    id: 'verifyProjection',
    summary: 'Prove that a read model is what the log says',
    description: `A task (\`projection-verify-\` and the service that keeps it) that folds the log anew beside what is read and compares every document; reads and writes go on. Its result says whether they are equal. ${OF_THE_OPERATOR}`,
    scope: 'operations:write',
    errors: ['idempotency_key_reused'],
    ...BEGINS_ONCE,
  })
  verify(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: ProjectionPath }) { projection }: ProjectionPath,
    @IdempotencyKey() idempotencyKey: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Task> {
    return this.begin('verify', projection, { caller, idempotencyKey, reply });
  }

  @Post('rebuild')
  @Operation({
    id: 'rebuildProjection',
    summary: 'Build a read model anew from the log',
    description: `A task (\`projection-rebuild-\` and the service that keeps it): beside what is read, which is swapped when it is done. Readers notice nothing. ${OF_THE_OPERATOR}`,
    scope: 'operations:write',
    errors: ['idempotency_key_reused'],
    ...BEGINS_ONCE,
  })
  rebuild(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: ProjectionPath }) { projection }: ProjectionPath,
    @IdempotencyKey() idempotencyKey: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Task> {
    return this.begin('rebuild', projection, { caller, idempotencyKey, reply });
  }

  private async begin(
    what: 'verify' | 'rebuild',
    projection: ProjectionPath['projection'],
    { reply, ...request }: { caller: CommandCaller; idempotencyKey: string | null; reply: FastifyReply },
  ): Promise<Task> {
    const definitions = what === 'verify' ? projectionVerifyTasks : projectionRebuildTasks;
    const payload = { workspace: request.caller.workspace, projection };
    const begun = await beginTask(this.tasks, definitions[keeperOf(projection)], payload, {
      ...request,
      // One operation, whichever service does it.
      operation: `projection-${what}`,
    });
    return sayAccepted(reply, begun.task, begun.replayed);
  }
}
