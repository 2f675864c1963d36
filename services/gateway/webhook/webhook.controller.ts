import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Caller, CommandCaller } from '#contracts/rpc';
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  getWebhook,
  getWebhookSecret,
  listWebhooks,
  rotateWebhookSecret,
  testWebhook,
  Webhook,
  WebhookId,
  WebhookSecret,
  type WebhookCommitted,
} from '#contracts/webhook/webhook.rpc';
import { RpcClient } from '#service/rpc-client';
import { Operation } from '../http/operation.ts';
import { Cursor, PageLimit } from '../http/paging.ts';
import { FromCaller, FromCommandCaller, FromPrincipal, type Principal } from '../http/principal.ts';
import { IdempotencyKey, IfMatch, RequiredIfMatch } from '../http/request-headers.ts';
import { entityTag, keepSecret, sayCommitted } from '../http/response-headers.ts';
import { mayReadAnswers, requireAnswers, requireThin } from './answers.ts';
import { ChangeBody, CreateBody, WebhookPath } from './webhook.bodies.ts';

const ListQuery = z.strictObject({
  state: z.enum(['enabled', 'disabled']).optional(),
  limit: PageLimit,
  cursor: Cursor,
});

const WebhookPage = listWebhooks.response.omit({ position: true });
const DeletedWebhook = z.object({ id: WebhookId, deleted: z.literal(true) });

const COMMITTED = ['ETag', 'Formbus-Position'] as const;
const CHANGING = ['webhook_not_found', 'stale', 'contended', 'outcome_unknown'] as const;

@ApiTags('webhooks')
@Controller('v1/webhooks')
export class WebhookController {
  constructor(private readonly rpc: RpcClient) {}

  @Post()
  @Operation({
    id: 'createWebhook',
    summary: 'Have events delivered to an address',
    description:
      'Delivery begins with the first event after this one; what happened before can be replayed. Requests are signed as Standard Webhooks are: the keys are at `/secret`. A delivery that fails is tried again for three days; an endpoint that takes nothing for five days, or answers 410, is disabled. With the payload `full` the key needs the scope `submissions:read` as well.',
    scope: 'webhooks:write',
    status: 201,
    response: Webhook,
    errors: [
      'webhook_target_refused',
      'too_many_webhooks',
      'idempotency_key_reused',
      'contended',
      'outcome_unknown',
    ],
    accepts: ['Idempotency-Key'],
    gives: [...COMMITTED, 'Location', 'Idempotency-Replayed'],
  })
  async create(
    @FromCommandCaller() caller: CommandCaller,
    @FromPrincipal() principal: Principal,
    @Body({ schema: CreateBody }) settings: z.infer<typeof CreateBody>,
    @IdempotencyKey() idempotencyKey: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Webhook> {
    if (settings.payload === 'full') requireAnswers(principal);
    const done = await this.rpc.call(createWebhook, { caller, settings, idempotencyKey });
    return changed(reply, done, `/v1/webhooks/${done.webhook.id}`);
  }

  @Get()
  @Operation({
    id: 'listWebhooks',
    summary: 'List webhooks, the newest first',
    scope: 'webhooks:read',
    response: WebhookPage,
    errors: ['bad_cursor'],
    gives: ['Formbus-Position'],
  })
  async list(
    @FromCaller() caller: Caller,
    @Query({ schema: ListQuery }) { state, limit, cursor }: z.infer<typeof ListQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof WebhookPage>> {
    const { position, ...page } = await this.rpc.call(listWebhooks, {
      caller,
      state: state ?? null,
      limit,
      cursor: cursor ?? null,
    });
    reply.header('formbus-position', position);
    return page;
  }

  @Get(':webhook')
  @Operation({
    id: 'getWebhook',
    summary: 'Read a webhook',
    scope: 'webhooks:read',
    response: Webhook,
    errors: ['webhook_not_found'],
    gives: COMMITTED,
  })
  async get(
    @FromCaller() caller: Caller,
    @Param({ schema: WebhookPath }) { webhook }: z.infer<typeof WebhookPath>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Webhook> {
    const found = await this.rpc.call(getWebhook, { caller, webhook });
    reply.header('etag', entityTag(found.webhook.version)).header('formbus-position', found.position);
    return found.webhook;
  }

  @Patch(':webhook')
  @Operation({
    id: 'changeWebhook',
    summary: 'Change settings of a webhook',
    description:
      'What is left out stays as it is. Counts for what has not been delivered yet as well. If-Match is required, so that nobody overwrites a change that they have not seen; `*` changes whatever is there. What is `full` before or after is changed by keys with the scope `submissions:read` alone; making it `thin` does not need it.',
    scope: 'webhooks:write',
    response: Webhook,
    errors: [...CHANGING, 'webhook_target_refused', 'precondition_required'],
    requires: ['If-Match'],
    gives: COMMITTED,
  })
  async change(
    @FromCommandCaller() caller: CommandCaller,
    @FromPrincipal() principal: Principal,
    @Param({ schema: WebhookPath }) { webhook }: z.infer<typeof WebhookPath>,
    @Body({ schema: ChangeBody }) settings: z.infer<typeof ChangeBody>,
    @RequiredIfMatch() ifMatch: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Webhook> {
    if (settings.payload === 'full') requireAnswers(principal);
    let expectVersion = ifMatch;
    // At another address somebody else would get the answers.
    if (settings.payload === undefined && !mayReadAnswers(principal)) {
      const version = await requireThin(this.rpc, principal, { caller, webhook });
      // The one that was looked at: it may be full by now.
      expectVersion ??= version;
    }
    return changed(reply, await this.rpc.call(changeWebhook, { caller, webhook, settings, expectVersion }));
  }

  @Delete(':webhook')
  @Operation({
    id: 'deleteWebhook',
    summary: 'Delete a webhook, and what waits to be delivered to it',
    description:
      'For ever; what was delivered so far can be read until its 30 days are over, by nobody else.',
    scope: 'webhooks:write',
    response: DeletedWebhook,
    errors: CHANGING,
    accepts: ['If-Match'],
    gives: ['Formbus-Position'],
  })
  async delete(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: WebhookPath }) { webhook }: z.infer<typeof WebhookPath>,
    @IfMatch() expectVersion: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof DeletedWebhook>> {
    const { committed } = await this.rpc.call(deleteWebhook, { caller, webhook, expectVersion });
    reply.header('formbus-position', committed.position);
    return { id: webhook, deleted: true };
  }

  @Post(':webhook/enable')
  @Operation({
    id: 'enableWebhook',
    summary: 'Have a disabled webhook get events again',
    description: 'Delivery goes on with the first event that it was not sent.',
    scope: 'webhooks:write',
    response: Webhook,
    errors: CHANGING,
    accepts: ['If-Match'],
    gives: COMMITTED,
  })
  async enable(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: WebhookPath }) { webhook }: z.infer<typeof WebhookPath>,
    @IfMatch() expectVersion: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Webhook> {
    return changed(reply, await this.rpc.call(enableWebhook, { caller, webhook, expectVersion }));
  }

  @Post(':webhook/disable')
  @Operation({
    id: 'disableWebhook',
    summary: 'Have a webhook get nothing until it is enabled',
    description: 'What happens meanwhile waits in the log, and is delivered when it is enabled again.',
    scope: 'webhooks:write',
    response: Webhook,
    errors: CHANGING,
    accepts: ['If-Match'],
    gives: COMMITTED,
  })
  async disable(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: WebhookPath }) { webhook }: z.infer<typeof WebhookPath>,
    @IfMatch() expectVersion: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Webhook> {
    return changed(reply, await this.rpc.call(disableWebhook, { caller, webhook, expectVersion }));
  }

  @Get(':webhook/secret')
  @Operation({
    id: 'getWebhookSecret',
    summary: 'Read what the signatures of a webhook are checked with',
    description:
      'Who has the secret can forge requests, so a key needs the scope for writing. After a rotation the keys before are shown for as long as they sign along.',
    scope: 'webhooks:write',
    response: WebhookSecret,
    errors: ['webhook_not_found', 'seal_broken'],
  })
  secret(
    @FromCaller() caller: Caller,
    @Param({ schema: WebhookPath }) { webhook }: z.infer<typeof WebhookPath>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WebhookSecret> {
    keepSecret(reply);
    return this.rpc.call(getWebhookSecret, { caller, webhook });
  }

  @Post(':webhook/rotate-secret')
  @Operation({
    id: 'rotateWebhookSecret',
    summary: 'Draw new signing keys for a webhook',
    description:
      'The keys before sign along for 24 hours: take over the new ones in that time. A repeat with the same Idempotency-Key draws no others.',
    scope: 'webhooks:write',
    response: WebhookSecret,
    errors: [...CHANGING, 'idempotency_key_reused'],
    accepts: ['If-Match', 'Idempotency-Key'],
    gives: [...COMMITTED, 'Idempotency-Replayed'],
  })
  async rotate(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: WebhookPath }) { webhook }: z.infer<typeof WebhookPath>,
    @IfMatch() expectVersion: number | null,
    @IdempotencyKey() idempotencyKey: string | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WebhookSecret> {
    keepSecret(reply);
    const request = { caller, webhook, expectVersion, idempotencyKey };
    const { secret, committed } = await this.rpc.call(rotateWebhookSecret, request);
    sayCommitted(reply, committed);
    return secret;
  }

  @Post(':webhook/test')
  @Operation({
    id: 'testWebhook',
    summary: 'Send a test event to a webhook now, and see what it answers',
    description:
      'A `formbus.webhook.test.v1`, signed like every other; to a disabled webhook as well, and never again. The answer is 200 whatever the endpoint said: look at `attempt`.',
    scope: 'webhooks:write',
    response: testWebhook.response,
    errors: ['webhook_not_found', 'outcome_unknown'],
  })
  test(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: WebhookPath }) { webhook }: z.infer<typeof WebhookPath>,
  ): Promise<z.infer<typeof testWebhook.response>> {
    return this.rpc.call(testWebhook, { caller, webhook });
  }
}

function changed(reply: FastifyReply, { webhook, committed }: WebhookCommitted, location?: string): Webhook {
  sayCommitted(reply, committed, location);
  return webhook;
}
