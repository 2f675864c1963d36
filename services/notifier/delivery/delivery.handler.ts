import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import type { DeliveredEvent, DeliveryAttempt } from '#contracts/delivery/delivery.records';
import { Problem } from '#contracts/errors';
import { WEBHOOK_TEST } from '#contracts/webhook/event-types';
import {
  getDelivery,
  listDeliveries,
  redeliver,
  testWebhook,
  type Attempt,
} from '#contracts/webhook/webhook.rpc';
import type { Bus } from '#eventing/bus';
import { parsePosition } from '#eventing/position';
import type { ReadModel } from '#readmodel/read-model';
import { RpcClient } from '#service/rpc-client';
import { BUS, DELIVERIES_MODEL, QUERY_TIMEOUT_MS } from '../tokens.ts';
import { WebhookDirectory } from '../webhook/webhook.directory.ts';
import type { WebhookRecord } from '../webhook/webhook.fold.ts';
import { Bodies, testBody } from './body.ts';
import { DeliveryLog } from './delivery.log.ts';
import type { DeliveryDocument } from './delivery.projection.ts';
import { describe, hasDeliveries, openAttempts, queryDeliveries, queryDelivery } from './delivery.query.ts';
import { EventFinder } from './event-finder.ts';
import { Retries } from './retries.ts';
import { deliveryIdOf, Sender } from './sender.ts';

type Request<Rpc extends { request: z.ZodType }> = z.infer<Rpc['request']>;
type Response<Rpc extends { response: z.ZodType }> = Promise<z.infer<Rpc['response']>>;

@Controller()
export class DeliveryHandler {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DELIVERIES_MODEL) private readonly model: ReadModel<DeliveryDocument>,
    private readonly directory: WebhookDirectory,
    private readonly rpc: RpcClient,
    private readonly sender: Sender,
    private readonly deliveries: DeliveryLog,
    private readonly retries: Retries,
    private readonly bodies: Bodies,
    private readonly events: EventFinder,
  ) {}

  @MessagePattern(listDeliveries.subject)
  async list(
    @Payload({ schema: listDeliveries.request }) request: Request<typeof listDeliveries>,
  ): Response<typeof listDeliveries> {
    const page = await queryDeliveries(this.model, request, QUERY_TIMEOUT_MS);
    const { caller, webhook } = request;
    // What was delivered to one that is deleted can still be read; where nothing was, there has to be a webhook.
    if (page.items.length === 0 && !(await hasDeliveries(this.model, request, QUERY_TIMEOUT_MS)))
      await this.directory.current(caller.workspace, webhook);
    return page;
  }

  @MessagePattern(getDelivery.subject)
  async get(
    @Payload({ schema: getDelivery.request }) request: Request<typeof getDelivery>,
  ): Response<typeof getDelivery> {
    const document = await queryDelivery(this.model, request, QUERY_TIMEOUT_MS);
    const [attempts, body, readModel] = await Promise.all([
      openAttempts(this.rpc, document, this.bus.logger),
      this.bodyOf(document).catch(() => null),
      this.model.freshness(),
    ]);
    return { delivery: describe(document), attempts, body, readModel };
  }

  @MessagePattern(redeliver.subject)
  async redeliver(
    @Payload({ schema: redeliver.request }) request: Request<typeof redeliver>,
  ): Response<typeof redeliver> {
    const { caller, webhook, delivery } = request;
    const record = await this.directory.current(caller.workspace, webhook);
    if (!record.enabled) throw new Problem('webhook_disabled');
    const { event } = await queryDelivery(this.model, request, QUERY_TIMEOUT_MS);
    const { source, position } = event;
    if (source === null || position === null)
      throw new Problem('delivery_not_found', 'A test is not sent again: send another one');
    const seq = parsePosition(position, this.events.epochs[source]);
    const retry = { source, seq, cause: 'redelivery', attempt: 1, lane: null } as const;
    await this.retries.now(webhook, caller.commandId, retry);
    return { delivery };
  }

  @MessagePattern(testWebhook.subject)
  async test(
    @Payload({ schema: testWebhook.request }) { caller, webhook }: Request<typeof testWebhook>,
  ): Response<typeof testWebhook> {
    const record = await this.directory.current(caller.workspace, webhook);
    const { workspace, commandId, time, actor, correlation } = caller;
    const event: DeliveredEvent = {
      ...{ id: commandId, type: WEBHOOK_TEST, time },
      ...{ source: null, position: null, form: null, submission: null },
    };
    const delivery = deliveryIdOf(webhook, event.id);
    const body = testBody(workspace, webhook, commandId, time);
    const sent = await this.sender.send(record, delivery, body, { totalMs: TEST_MS });
    const attempt = await this.deliveries.record({
      ...{ workspace, webhook, delivery, event, cause: 'test', attempt: 1, actor, correlation },
      ...{ sent, nextAttemptAt: null },
    });
    return { delivery, attempt: shown(attempt, sent.response?.body ?? null) };
  }

  /** As it would be sent now; null when its event is gone. Rejects when what it is made of can't be reached. */
  private async bodyOf({ workspace, endpoint, event }: DeliveryDocument): Promise<string | null> {
    if (event.source === null) return testBody(workspace, endpoint, event.id, event.time);
    const found = await this.events.at(event.source, event.position ?? '');
    const record: WebhookRecord | undefined = this.directory.find(endpoint);
    return found === undefined ? null : this.bodies.of(found, record?.settings.payload ?? 'thin');
  }
}

/** What an endpoint has for a test: its record is to be made before the caller waits no more. */
const TEST_MS = 5_000;

function shown(attempted: DeliveryAttempt, body: string | null): Attempt {
  const { cause, attempt, state, startedAt, durationMs, request, response, error, nextAttemptAt } = attempted;
  const told = { cause, attempt, state, startedAt, durationMs, request, error, nextAttemptAt };
  return {
    ...told,
    response: response && { ...response, body, bodyState: body === null ? 'none' : 'shown' },
  };
}
