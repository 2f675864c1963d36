import type { z } from 'zod';
import { Problem } from '#contracts/errors';
import type { listWebhooks } from '#contracts/webhook/webhook.rpc';
import type { WebhookRecord } from './webhook.fold.ts';

/**
 * One page of a workspace's endpoints. The cursor is where the last one of the page before was created.
 *
 * @param records newest first
 * @throws Problem `bad_cursor`
 */
export function pageOfWebhooks(
  records: readonly WebhookRecord[],
  { state, limit, cursor }: Pick<z.infer<typeof listWebhooks.request>, 'state' | 'limit' | 'cursor'>,
): { items: WebhookRecord[]; next: string | null } {
  const before = cursor === null ? Infinity : readCursor(cursor);
  const found = records.filter(
    ({ enabled, createdSeq }) => createdSeq < before && (state === null || enabled === (state === 'enabled')),
  );
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last !== undefined && found.length > limit ? cursorOf(last) : null };
}

const cursorOf = ({ createdSeq }: WebhookRecord): string =>
  Buffer.from(`${createdSeq}`).toString('base64url');

function readCursor(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!/^[1-9][0-9]{0,15}$/.test(text)) throw new Problem('bad_cursor');
  return Number(text);
}
