import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { CommandCaller } from '#contracts/rpc';
import { replayWebhook } from '#contracts/webhook/webhook.rpc';
import type { Tasks } from '#eventing/task/open';
import { RpcClient } from '#service/rpc-client';
import { Operation } from '../http/operation.ts';
import { FromCommandCaller, FromPrincipal, type Principal } from '../http/principal.ts';
import { IdempotencyKey } from '../http/request-headers.ts';
import { BEGINS_ONCE, findTask, sayAccepted } from '../task/accepted.ts';
import type { Task } from '../task/task.resource.ts';
import { TASKS } from '../tokens.ts';
import { mayReadAnswers, requireThin } from './answers.ts';
import { ReplayBody, WebhookPath } from './webhook.bodies.ts';

@ApiTags('webhooks')
@Controller('v1/webhooks/:webhook/replays')
export class ReplayController {
  constructor(
    private readonly rpc: RpcClient,
    @Inject(TASKS) private readonly tasks: Tasks,
  ) {}

  @Post()
  @Operation({
    id: 'replayWebhook',
    summary: 'Have the events of a stretch of the log delivered again, in order',
    description:
      'A task (`webhook-replay`) that can be followed and cancelled; live deliveries go on beside it. Each request has the `webhook-id` that it had before, so a receiver that remembers ids does nothing twice. A repeat with the same Idempotency-Key gives the same task. When the payload is `full`, the key needs the scope `submissions:read` as well.',
    scope: 'webhooks:write',
    errors: [
      'webhook_not_found',
      'webhook_disabled',
      'too_many_replays',
      'read_model_unavailable',
      'bad_position',
      'idempotency_key_reused',
      'task_not_found',
      'outcome_unknown',
    ],
    ...BEGINS_ONCE,
  })
  async replay(
    @FromCommandCaller() caller: CommandCaller,
    @FromPrincipal() principal: Principal,
    @Param({ schema: WebhookPath }) { webhook }: z.infer<typeof WebhookPath>,
    @Body({ schema: ReplayBody }) stretch: z.infer<typeof ReplayBody>,
    @IdempotencyKey() idempotencyKey: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Task> {
    if (!mayReadAnswers(principal)) await requireThin(this.rpc, principal, { caller, webhook });
    const request = { caller, webhook, ...stretch, idempotencyKey };
    const { task, replayed } = await this.rpc.call(replayWebhook, request);
    return sayAccepted(reply, await findTask(this.tasks.tracking, caller.workspace, task), replayed);
  }
}
