import { LRUCache } from 'lru-cache';
import { discloseEvent } from '#contracts/submission/submission.rpc';
import { WEBHOOK_TEST } from '#contracts/webhook/event-types';
import type { PayloadMode } from '#contracts/webhook/webhook.events';
import type { EventLog } from '#eventing/event-log';
import type { RpcClient } from '#service/rpc-client';
import type { EventRef } from './event-ref.ts';

/** Bodies kept for other endpoints that get the same event, in characters. */
const KEPT = 16 * 1024 * 1024;
/** As long as other services keep what an erasure takes away. */
const KEPT_MS = 60_000;

export interface BodyDependencies {
  readonly log: EventLog;
  readonly tasks: EventLog;
  readonly rpc: RpcClient;
}

/**
 * What is POSTed of an event. Made once for all endpoints that get it in the same mode, and again when it is asked
 * for more than a minute later: what was erased meanwhile is in no body any more.
 */
export class Bodies {
  readonly #deps: BodyDependencies;
  readonly #bodies = new LRUCache<string, string>({
    maxSize: KEPT,
    sizeCalculation: (text) => text.length,
    ttl: KEPT_MS,
  });
  readonly #making = new Map<string, Promise<string>>();

  constructor(deps: BodyDependencies) {
    this.#deps = deps;
  }

  /** Rejects when what it is made of cannot be reached. */
  of(event: EventRef, mode: PayloadMode): string | Promise<string> {
    // Nothing is asked for it, so it costs less to make than to keep.
    if (mode === 'thin') return bodyOf(event);
    const key = `${event.source}.${event.position}`;
    const known = this.#bodies.get(key) ?? this.#making.get(key);
    if (known !== undefined) return known;
    const making = this.#contentOf(event)
      .then((content) => {
        const body = bodyOf(event, content);
        this.#bodies.set(key, body);
        return body;
      })
      .finally(() => this.#making.delete(key));
    this.#making.set(key, making);
    return making;
  }

  async #contentOf(event: EventRef): Promise<object> {
    const { log, tasks, rpc } = this.#deps;
    if (event.submission !== null) {
      const { workspace, position } = event;
      const { actor, formVersion, answers, dropped, locale, erased } = await rpc.call(discloseEvent, {
        workspace,
        position,
      });
      return { actor, formVersion, answers, dropped, locale, erased };
    }
    const stored = await (event.source === 'log' ? log : tasks).at(event.seq);
    const { idempotency: _idempotency, ...content } = (stored?.data ?? {}) as Record<string, unknown>;
    return content;
  }
}

/** The body as Standard Webhooks advises: type, time and data; ids in `data`, and what happened in `data.content`. */
function bodyOf(event: EventRef, content?: object): string {
  const { type, time, id, workspace, form, submission, webhook, task, version, position } = event;
  const data = {
    id,
    workspace,
    ...(form !== null && { form }),
    ...(submission !== null && { submission }),
    ...(webhook !== null && { webhook }),
    ...(task !== null && { task }),
    version,
    position,
    ...(content !== undefined && { content }),
  };
  return JSON.stringify({ type, timestamp: time, data });
}

/** What is sent to see whether an endpoint works. */
export const testBody = (workspace: string, webhook: string, id: string, time: string): string =>
  JSON.stringify({ type: WEBHOOK_TEST, timestamp: time, data: { id, workspace, webhook } });
