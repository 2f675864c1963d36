import type { Logger } from 'pino';
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
  const { _id, endpoint, event, state, nextAttemptAt, count, attempts, createdAt, updatedAt } = document;
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
    nextAttemptAt,
  };
}

/**
 * The attempts with what was answered, as far as it was not erased and can be opened now: the rest is told without, and
 * why. Rejects for faults of our own.
 */
export async function openAttempts(
  rpc: RpcClient,
  { _id, workspace, event, attempts }: Pick<DeliveryDocument, '_id' | 'workspace' | 'event' | 'attempts'>,
  logger: Logger,
): Promise<Attempt[]> {
  const place = { workspace, owner: event.submission, purpose: responsePurpose(_id) };
  const sealed = attempts.map(({ response }) => response?.body ?? null);
  const places = sealed.flatMap((text) => (text === null ? [] : [{ ...place, sealed: text }]));
  const opened = places.length === 0 ? [] : await openAll(rpc, places, logger);
  return attempts.map((attempt, index) =>
    withAnswer(attempt, sealed[index] === null ? NONE : (opened.shift() ?? UNREADABLE)),
  );
}

type Answer = Pick<NonNullable<Attempt['response']>, 'body' | 'bodyState'>;

const NONE: Answer = { body: null, bodyState: 'none' };
const UNREADABLE: Answer = { body: null, bodyState: 'unreadable' };
const ERASED: Answer = { body: null, bodyState: 'erased' };

/** None while nobody opens them: what became of the attempts is worth more than what was answered. */
async function openAll(
  rpc: RpcClient,
  places: z.input<typeof openMany.request>['places'],
  logger: Logger,
): Promise<Answer[]> {
  try {
    const { opened } = await rpc.call(openMany, { places });
    return opened.map((one) => {
      if ('plaintext' in one) return { body: one.plaintext, bodyState: 'shown' };
      return one.problem === 'erased' ? ERASED : UNREADABLE;
    });
  } catch (error) {
    if (!isAway(error)) throw error;
    logger.warn({ err: error }, 'answers to deliveries cannot be opened, and are shown as unreadable');
    return [];
  }
}

/** Whether a query had no answer: nobody was there to give it, or not in time. */
export const isAway = (error: unknown): boolean =>
  error instanceof Problem && (error.code === 'bus_unavailable' || error.code === 'service_unavailable');

const withAnswer = ({ response, ...attempt }: AttemptDocument, answer: Answer): Attempt => ({
  ...attempt,
  response: response && { ...response, ...answer },
});
