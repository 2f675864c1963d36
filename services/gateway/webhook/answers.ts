import { Problem } from '#contracts/errors';
import type { Caller } from '#contracts/rpc';
import { getWebhook } from '#contracts/webhook/webhook.rpc';
import type { RpcClient } from '#service/rpc-client';
import type { Principal } from '../http/principal.ts';

/** Full deliveries hold answers, so what shows or sends them takes a key that may read answers in every other way. */
export const mayReadAnswers = ({ scopes }: Principal): boolean => scopes.has('submissions:read');

/** @throws Problem `forbidden`, naming the scope */
export function requireAnswers(principal: Principal): void {
  if (!mayReadAnswers(principal))
    throw new Problem('forbidden', 'full deliveries hold answers: the key needs the scope submissions:read');
}

/** The version of a webhook that gets no answers. @throws Problem `forbidden` when it does; `webhook_not_found` */
export async function requireThin(
  rpc: RpcClient,
  principal: Principal,
  {
    caller: { workspace, actor, correlation },
    webhook,
  }: { readonly caller: Caller; readonly webhook: string },
): Promise<number> {
  const found = await rpc.call(getWebhook, { caller: { workspace, actor, correlation }, webhook });
  if (found.webhook.payload === 'full') requireAnswers(principal);
  return found.webhook.version;
}
