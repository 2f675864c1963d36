import { LRUCache } from 'lru-cache';
import { Problem } from '#contracts/errors';

const MAILS = 10;
const PER_MS = 3_600_000;
const WORKSPACES = 10_000;

/**
 * How many tests a workspace may send: words and address of a test are whatever the caller likes, so without a bound
 * the operator's domain would send anything to anybody. Counted by the process that sends: several that answer for mail
 * let as many times more through, and one that begins anew counts anew. The bound that matters is that there is one.
 */
export class TestQuota {
  readonly #sent = new LRUCache<string, readonly number[]>({ max: WORKSPACES });

  /** @throws Problem `too_many_requests`, with when the next one may be sent */
  take(workspace: string, now = Date.now()): void {
    const recent = (this.#sent.get(workspace) ?? []).filter((at) => at > now - PER_MS);
    const [oldest = now] = recent;
    if (recent.length >= MAILS) {
      const retryAfter = Math.ceil((oldest + PER_MS - now) / 1_000);
      throw new Problem('too_many_requests', `A workspace can send ${MAILS} test mails an hour`, {
        retryAfter,
      });
    }
    this.#sent.set(workspace, [...recent, now]);
  }
}
