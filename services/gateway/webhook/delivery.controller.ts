import { Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { DeliveryState } from '#contracts/delivery/delivery.records';
import type { Caller, CommandCaller } from '#contracts/rpc';
import { SubmissionId } from '#contracts/submission/submission.rpc';
import { DeliveryId, getDelivery, listDeliveries, redeliver } from '#contracts/webhook/webhook.rpc';
import { RpcClient } from '#service/rpc-client';
import { Operation } from '../http/operation.ts';
import { Cursor, PageLimit } from '../http/paging.ts';
import { FromCaller, FromCommandCaller, FromPrincipal, type Principal } from '../http/principal.ts';
import { sayAge } from '../http/response-headers.ts';
import { mayReadAnswers } from './answers.ts';
import { WebhookPath } from './webhook.bodies.ts';

const DeliveryPath = WebhookPath.extend({ delivery: DeliveryId });

const ListQuery = z.strictObject({
  state: DeliveryState.optional().meta({
    description: '`delivered`, `retrying` (it will be tried again) or `failed` (it will not)',
  }),
  type: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'Of the event', examples: ['formbus.submission.submitted.v2'] }),
  submission: SubmissionId.toLowerCase().optional(),
  limit: PageLimit,
  cursor: Cursor,
});

@ApiTags('webhooks')
@Controller('v1/webhooks/:webhook/deliveries')
export class DeliveryController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  @Operation({
    id: 'listDeliveries',
    summary: 'List what was delivered to a webhook, or was to be, in the last 30 days',
    description: 'The newest first, one item for an event however often it was tried.',
    scope: 'webhooks:read',
    response: listDeliveries.response,
    errors: ['webhook_not_found', 'bad_cursor', 'read_model_unavailable'],
  })
  async list(
    @FromCaller() caller: Caller,
    @Param({ schema: WebhookPath }) { webhook }: z.infer<typeof WebhookPath>,
    @Query({ schema: ListQuery }) query: z.infer<typeof ListQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof listDeliveries.response>> {
    const page = await this.rpc.call(listDeliveries, {
      caller,
      webhook,
      state: query.state ?? null,
      type: query.type ?? null,
      submission: query.submission ?? null,
      limit: query.limit,
      cursor: query.cursor ?? null,
    });
    sayAge(reply, page.readModel);
    return page;
  }

  @Get(':delivery')
  @Operation({
    id: 'getDelivery',
    summary: 'Read one delivery with its attempts and the body that is sent',
    description:
      'The last 50 attempts. Bodies of requests are not kept: `body` is made of the event anew, as the endpoint would get it now. Of answers, the first KiB of those that failed is kept. To keys without the scope `submissions:read` all of them are null, since they may hold what was submitted; `bodyState` of an answer says why it is null.',
    scope: 'webhooks:read',
    response: getDelivery.response,
    errors: ['webhook_not_found', 'delivery_not_found', 'read_model_unavailable'],
  })
  async get(
    @FromCaller() caller: Caller,
    @FromPrincipal() principal: Principal,
    @Param({ schema: DeliveryPath }) { webhook, delivery }: z.infer<typeof DeliveryPath>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof getDelivery.response>> {
    const found = await this.rpc.call(getDelivery, { caller, webhook, delivery });
    sayAge(reply, found.readModel);
    return mayReadAnswers(principal) ? found : withoutBodies(found);
  }

  @Post(':delivery/redeliver')
  @Operation({
    id: 'redeliver',
    summary: 'Have a delivery sent once more',
    description:
      'Soon, whatever became of it, with the same `webhook-id`. It is one more attempt of the delivery that Location names, not a task: retries that are due stay due, and what waits for its turn does not wait for this.',
    scope: 'webhooks:write',
    status: 202,
    response: redeliver.response,
    errors: [
      'webhook_not_found',
      'delivery_not_found',
      'webhook_disabled',
      'read_model_unavailable',
      'outcome_unknown',
    ],
    gives: ['Location'],
  })
  async redeliver(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: DeliveryPath }) { webhook, delivery }: z.infer<typeof DeliveryPath>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof redeliver.response>> {
    const accepted = await this.rpc.call(redeliver, { caller, webhook, delivery });
    reply.header('location', `/v1/webhooks/${webhook}/deliveries/${accepted.delivery}`);
    return accepted;
  }
}

type FoundDelivery = z.infer<typeof getDelivery.response>;

type Answer = NonNullable<FoundDelivery['attempts'][number]['response']>;

const hidden = ({ bodyState, ...answer }: Answer): Answer => ({
  ...answer,
  body: null,
  bodyState: bodyState === 'shown' ? 'hidden' : bodyState,
});

/** An endpoint may well answer with what it was sent. */
const withoutBodies = (found: FoundDelivery): FoundDelivery => ({
  ...found,
  body: null,
  attempts: found.attempts.map((attempt) => ({
    ...attempt,
    response: attempt.response && hidden(attempt.response),
  })),
});
