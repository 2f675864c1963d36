import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { v7 as uuid } from 'uuid';
import type { z } from 'zod';
import { Problem } from '#contracts/errors';
import type { Idempotency } from '#contracts/form/form.events';
import type { CommandCaller } from '#contracts/rpc';
import { subjects } from '#contracts/subjects';
import { EVENT_TYPES } from '#contracts/webhook/event-types';
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  getWebhook,
  getWebhookSecret,
  listEventTypes,
  listWebhooks,
  rotateWebhookSecret,
  type Webhook,
  type WebhookSettings,
} from '#contracts/webhook/webhook.rpc';
import type { Executed, Executor } from '#eventing/executor';
import { derivedId, digest } from '#security/digest';
import type { Egress } from '#security/egress/egress';
import { EgressRefused } from '#security/egress/errors';
import { EGRESS, EXECUTOR } from '../tokens.ts';
import {
  webhookDecider,
  type StoredSettings,
  type WebhookCommand,
  type WebhookState,
} from './webhook.decider.ts';
import { WebhookDirectory } from './webhook.directory.ts';
import type { WebhookRecord } from './webhook.fold.ts';
import { WebhookCustody } from './webhook.keys.ts';
import { pageOfWebhooks } from './webhook.list.ts';
import { asSecret, asWebhook } from './webhook.view.ts';

type Request<Rpc extends { request: z.ZodType }> = z.infer<Rpc['request']>;
type Response<Rpc extends { response: z.ZodType }> = Promise<z.infer<Rpc['response']>>;

/** More would only mean that somebody makes one for every use. */
const WEBHOOKS_OF_A_WORKSPACE = 200;
/** For so long do keys from before a rotation sign along. */
const SIGNS_ALONG_MS = 24 * 3600 * 1000;

@Controller()
export class WebhookHandler {
  constructor(
    @Inject(EXECUTOR) private readonly executor: Executor,
    @Inject(EGRESS) private readonly egress: Egress,
    private readonly directory: WebhookDirectory,
    private readonly custody: WebhookCustody,
  ) {}

  @MessagePattern(createWebhook.subject)
  async create(
    @Payload({ schema: createWebhook.request }) request: Request<typeof createWebhook>,
  ): Response<typeof createWebhook> {
    const { caller, settings, idempotencyKey } = request;
    const { workspace } = caller;
    this.checkTarget(settings);
    const id =
      idempotencyKey === null ? uuid() : derivedId(workspace, caller.actor, 'createWebhook', idempotencyKey);
    // Its hash could be guessed back from the log, so the contact is left out.
    const idempotency = idempotencyOf(id, idempotencyKey, { ...settings, contact: null });
    await this.refuseTooMany(workspace, id);
    const keys = await this.custody.draw(workspace, id);
    const stored = await this.stored(workspace, id, settings);
    const command = { kind: 'create', settings: stored, keys, idempotency } as const;
    return this.shown(caller, id, await this.execute(caller, id, command, { fresh: true }));
  }

  @MessagePattern(changeWebhook.subject)
  async change(
    @Payload({ schema: changeWebhook.request }) request: Request<typeof changeWebhook>,
  ): Response<typeof changeWebhook> {
    const { caller, webhook, settings, expectVersion } = request;
    this.checkTarget(settings);
    const record = await this.directory.current(caller.workspace, webhook);
    const isSameContact =
      settings.contact !== undefined && settings.contact === (await this.custody.openContact(record));
    const { contact: _contact, ...others } = await this.stored(caller.workspace, webhook, settings);
    const contact = isSameContact || settings.contact === undefined ? {} : { contact: _contact ?? null };
    const command = { kind: 'change', settings: { ...others, ...contact } } as const;
    return this.shown(caller, webhook, await this.execute(caller, webhook, command, { expectVersion }));
  }

  @MessagePattern(deleteWebhook.subject)
  async delete(
    @Payload({ schema: deleteWebhook.request }) request: Request<typeof deleteWebhook>,
  ): Response<typeof deleteWebhook> {
    const { caller, webhook, expectVersion } = request;
    const done = await this.execute(caller, webhook, { kind: 'delete' }, { expectVersion });
    return { committed: committedOf(done) };
  }

  @MessagePattern(enableWebhook.subject)
  async enable(
    @Payload({ schema: enableWebhook.request }) request: Request<typeof enableWebhook>,
  ): Response<typeof enableWebhook> {
    const { caller, webhook, expectVersion } = request;
    return this.shown(
      caller,
      webhook,
      await this.execute(caller, webhook, { kind: 'enable' }, { expectVersion }),
    );
  }

  @MessagePattern(disableWebhook.subject)
  async disable(
    @Payload({ schema: disableWebhook.request }) request: Request<typeof disableWebhook>,
  ): Response<typeof disableWebhook> {
    const { caller, webhook, expectVersion } = request;
    const command = { kind: 'disable', reason: 'operator' } as const;
    return this.shown(caller, webhook, await this.execute(caller, webhook, command, { expectVersion }));
  }

  @MessagePattern(getWebhook.subject)
  async get(
    @Payload({ schema: getWebhook.request }) { caller, webhook }: Request<typeof getWebhook>,
  ): Response<typeof getWebhook> {
    const record = await this.directory.current(caller.workspace, webhook);
    return { webhook: await this.view(record), position: record.position };
  }

  @MessagePattern(listWebhooks.subject)
  async list(
    @Payload({ schema: listWebhooks.request }) request: Request<typeof listWebhooks>,
  ): Response<typeof listWebhooks> {
    const records = await this.directory.listOf(request.caller.workspace);
    const { items, next } = pageOfWebhooks(records, request);
    const contacts = await this.custody.openContacts(items);
    return {
      items: items.map((record, index) => asWebhook(record, contacts[index] ?? null)),
      next,
      position: this.directory.position,
    };
  }

  @MessagePattern(getWebhookSecret.subject)
  async secret(
    @Payload({ schema: getWebhookSecret.request }) { caller, webhook }: Request<typeof getWebhookSecret>,
  ): Response<typeof getWebhookSecret> {
    const record = await this.directory.current(caller.workspace, webhook);
    return asSecret(await this.custody.open(record, Date.now()));
  }

  @MessagePattern(rotateWebhookSecret.subject)
  async rotate(
    @Payload({ schema: rotateWebhookSecret.request }) request: Request<typeof rotateWebhookSecret>,
  ): Response<typeof rotateWebhookSecret> {
    const { caller, webhook, expectVersion, idempotencyKey } = request;
    await this.directory.current(caller.workspace, webhook);
    const command: WebhookCommand = {
      kind: 'rotate',
      keys: await this.custody.draw(caller.workspace, webhook),
      previousUntil: new Date(Date.parse(caller.time) + SIGNS_ALONG_MS).toISOString(),
      idempotency: idempotencyOf(webhook, idempotencyKey, { webhook }),
    };
    const done = await this.execute(caller, webhook, command, { expectVersion });
    const record = await this.directory.current(caller.workspace, webhook);
    const secret = asSecret(await this.custody.open(record, Date.parse(caller.time)));
    return { secret, committed: committedOf(done) };
  }

  @MessagePattern(listEventTypes.subject)
  eventTypes(): z.infer<typeof listEventTypes.response> {
    return {
      items: EVENT_TYPES.map(({ type, summary, source }) => ({
        type,
        summary,
        replayable: source === 'log',
      })),
    };
  }

  private execute(
    { workspace, ...meta }: CommandCaller,
    webhook: string,
    command: WebhookCommand,
    { fresh = false, expectVersion = null }: { fresh?: boolean; expectVersion?: number | null },
  ): Promise<Executed<WebhookState>> {
    return this.executor.execute({
      subject: subjects.webhook(workspace, webhook),
      decider: webhookDecider,
      command,
      meta,
      fresh,
      ...(expectVersion === null ? {} : { expectVersion }),
    });
  }

  /** The endpoint as it is after a command. */
  private async shown(
    { workspace }: CommandCaller,
    webhook: string,
    done: Executed<WebhookState>,
  ): Promise<{ webhook: Webhook; committed: ReturnType<typeof committedOf> }> {
    const record = await this.directory.current(workspace, webhook);
    return { webhook: await this.view(record), committed: committedOf(done) };
  }

  private async view(record: WebhookRecord): Promise<Webhook> {
    return asWebhook(record, await this.custody.openContact(record));
  }

  /** The settings with the contact sealed. */
  private async stored<Settings extends Partial<WebhookSettings>>(
    workspace: string,
    id: string,
    { contact, ...settings }: Settings,
  ): Promise<Omit<Settings, 'contact'> & Pick<StoredSettings, 'contact'>> {
    const sealed = contact == null ? null : await this.custody.sealContact(workspace, id, contact);
    return { ...settings, contact: sealed };
  }

  private checkTarget({ url }: Partial<WebhookSettings>): void {
    try {
      if (url !== undefined) this.egress.check(url);
    } catch (cause) {
      if (!(cause instanceof EgressRefused)) throw cause;
      const item = { path: '/url', code: cause.reason, message: cause.message };
      throw new Problem('webhook_target_refused', cause.message, { errors: [item], cause });
    }
  }

  private async refuseTooMany(workspace: string, id: string): Promise<void> {
    const records = await this.directory.listOf(workspace);
    if (records.length >= WEBHOOKS_OF_A_WORKSPACE && !records.some((record) => record.id === id))
      throw new Problem('too_many_webhooks', `the workspace has ${records.length} webhooks`);
  }
}

/** A repeat is given the position of the first answer again. */
const committedOf = ({
  version,
  first,
  last,
  appended,
}: Executed<WebhookState>): { version: number; position: string; replayed: boolean } =>
  appended > 0 ? { version, position: last, replayed: false } : { version, position: first, replayed: true };

const idempotencyOf = (id: string, key: string | null, request: unknown): Idempotency | null =>
  key === null ? null : { key: derivedId(id, key), request: digest(request) };
