import type { z } from 'zod';
import { openMany } from '#contracts/custody/custody.rpc';
import { Problem } from '#contracts/errors';
import type { Attempt, Delivery, getDelivery, listDeliveries } from '#contracts/webhook/webhook.rpc';
import { listPage } from '#readmodel/keyset';
import type { ReadModel } from '#readmodel/read-model';
import type { RpcClient } from '#service/rpc-client';
import { responsePurpose } from './delivery.log.ts';
import type { AttemptDocument, DeliveryDocument } from './delivery.projection.ts';

type Model = ReadModel<DeliveryDocument>;

const NEWEST_FIRST = { field: 'createdAt', descending: true } as const;

/** The deliveries to an endpoint, the newest first. */
export async function queryDeliveries(
  model: Model,
  request: z.infer<typeof listDeliveries.request>,
  timeoutMs: number,
): Promise<z.infer<typeof listDeliveries.response>> {
  const deadline = performance.now() + timeoutMs;
  const { caller, webhook, state, type, submission, limit, cursor } = request;
  const conditions = {
    workspace: caller.workspace,
    endpoint: webhook,
    ...(state !== null && { state }),
    ...(type !== null && { 'event.type': type }),
    ...(submission !== null && { 'event.submission': submission }),
  };
  const readModel = await model.freshness();
  const { items, next } = await listPage(model, { conditions, sort: NEWEST_FIRST, limit, cursor, deadline });
  return { items: items.map(describe), next, readModel };
}

/** Whether there is any delivery to an endpoint. */
export async function hasDeliveries(
  model: Model,
  { caller, webhook }: Pick<z.infer<typeof listDeliveries.request>, 'caller' | 'webhook'>,
  timeoutMs: number,
): Promise<boolean> {
  const conditions = { workspace: caller.workspace, endpoint: webhook };
  return (await model.findOne(conditions, { maxTimeMs: timeoutMs })) !== undefined;
}

/** @throws Problem `delivery_not_found` */
export async function queryDelivery(
  model: Model,
  { caller, webhook, delivery }: Pick<z.infer<typeof getDelivery.request>, 'caller' | 'webhook' | 'delivery'>,
  timeoutMs: number,
): Promise<DeliveryDocument> {
  const place = { _id: delivery, workspace: caller.workspace, endpoint: webhook };
  const found = await model.findOne(place, { maxTimeMs: timeoutMs });
  if (found === undefined) throw new Problem('delivery_not_found');
  return found;
}

export function describe(document: DeliveryDocument): Delivery {
  const { _id, endpoint, event, state, count, attempts, createdAt, updatedAt } = document;
  const last = attempts.at(-1);
  return {
    id: _id,
    webhook: endpoint,
    event,
    state,
    attempts: count,
    status: last?.response?.status ?? null,
    error: last?.error ?? null,
    createdAt,
    updatedAt,
    nextAttemptAt: last?.nextAttemptAt ?? null,
  };
}

/** The attempts with what was answered, as far as it was not erased and can be opened now: the rest is told without. */
export async function openAttempts(
  rpc: RpcClient,
  { _id, workspace, event, attempts }: Pick<DeliveryDocument, '_id' | 'workspace' | 'event' | 'attempts'>,
): Promise<Attempt[]> {
  const place = { workspace, owner: event.submission, purpose: responsePurpose(_id) };
  const sealed = attempts.map(({ response }) => response?.body ?? null);
  const places = sealed.flatMap((text) => (text === null ? [] : [{ ...place, sealed: text }]));
  const none = { opened: [] };
  const { opened } = places.length === 0 ? none : await rpc.call(openMany, { places }).catch(() => none);
  const texts = opened.map((one) => ('plaintext' in one ? one.plaintext : null));
  return attempts.map((attempt, index) =>
    withBody(attempt, sealed[index] === null ? null : (texts.shift() ?? null)),
  );
}

const withBody = ({ response, ...attempt }: AttemptDocument, body: string | null): Attempt => ({
  ...attempt,
  response: response && { ...response, body },
});
