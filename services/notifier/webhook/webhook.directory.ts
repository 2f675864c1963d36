import type { Logger } from 'pino';
import { Problem } from '#contracts/errors';
import { families } from '#contracts/subjects';
import type { EventLog } from '#eventing/event-log';
import { FoldFollower } from '#eventing/fold-follower';
import { formatPosition } from '#eventing/position';
import { foldWebhook, webhookIdOf, type StoredWebhookEvent, type WebhookRecord } from './webhook.fold.ts';

/** Called with an endpoint whenever it changed; without a record when it was deleted. */
export type WebhookListener = (id: string, record: WebhookRecord | undefined) => void;

/**
 * All endpoints, folded into memory from the log: deliveries ask nobody, and lists are as new as the log. There are
 * hundreds, not millions.
 */
export class WebhookDirectory {
  readonly #records = new Map<string, WebhookRecord>();
  readonly #listeners = new Set<WebhookListener>();
  readonly #follower: FoldFollower;
  readonly #epoch: string;

  constructor(log: EventLog, logger: Logger) {
    this.#epoch = log.epoch;
    this.#follower = new FoldFollower({
      log,
      logger,
      name: 'the webhooks',
      filters: [families.webhook],
      fold: (event) => this.#fold(event as StoredWebhookEvent),
    });
  }

  /** Resolves when everything that is in the log now has been folded. */
  start(): Promise<void> {
    return this.#follower.start();
  }

  stop(): Promise<void> {
    return this.#follower.stop();
  }

  /** Catches up with the log as it is now. @throws Problem `service_unavailable` when it can't in time */
  refresh(): Promise<void> {
    return this.#follower.refresh();
  }

  /** Whether all that was in the log at start is folded, and nothing stands in the way. */
  get complete(): boolean {
    return this.#follower.complete;
  }

  /** Everything up to here is folded. */
  get position(): string {
    return formatPosition(this.#epoch, this.#follower.seq);
  }

  /** As the log has it now: another process may just have changed it. @throws Problem `webhook_not_found` */
  async current(workspace: string, id: string): Promise<WebhookRecord> {
    await this.#follower.refresh();
    const record = this.#records.get(id);
    if (record?.workspace !== workspace) throw new Problem('webhook_not_found');
    return record;
  }

  /** What is known of an endpoint, without asking. */
  find(id: string): WebhookRecord | undefined {
    return this.#records.get(id);
  }

  all(): WebhookRecord[] {
    return [...this.#records.values()];
  }

  /** The endpoints of a workspace as the log has them now, the newest first. */
  async listOf(workspace: string): Promise<WebhookRecord[]> {
    await this.#follower.refresh();
    return this.all()
      .filter((record) => record.workspace === workspace)
      .sort((a, b) => b.createdSeq - a.createdSeq);
  }

  /** The result ends that. */
  onChange(listener: WebhookListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #fold(event: StoredWebhookEvent): void {
    const id = webhookIdOf(event.subject);
    const record = foldWebhook(this.#records.get(id), event);
    if (record === undefined) this.#records.delete(id);
    else this.#records.set(id, record);
    for (const listener of this.#listeners) listener(id, record);
  }
}
