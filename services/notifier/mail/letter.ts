import type { z } from 'zod';
import type { mailTask } from '#contracts/mail/mail.task';
import { writeReceipt } from '#contracts/submission/submission.rpc';
import { subjects } from '#contracts/subjects';
import type { EventLog } from '#eventing/event-log';
import type { RpcClient } from '#service/rpc-client';
import { foldWebhook, type StoredWebhookEvent, type WebhookRecord } from '../webhook/webhook.fold.ts';
import type { WebhookCustody } from '../webhook/webhook.keys.ts';
import { receiptVariables, type MailVariables } from './variables.ts';

export type MailPayload = z.infer<typeof mailTask.payload>;

/** Whom a mail is for, and what it is about: made when it is sent, and kept nowhere. */
export interface Letter {
  readonly to: string;
  readonly variables: MailVariables;
}

export interface LetterSources {
  readonly log: EventLog;
  readonly rpc: RpcClient;
  readonly custody: Pick<WebhookCustody, 'openContact'>;
}

/** Undefined when there is nobody to write to, or nothing left to say. */
export async function letterOf(
  { log, rpc, custody }: LetterSources,
  { workspace, purpose, event, webhook }: MailPayload,
): Promise<Letter | undefined> {
  switch (purpose) {
    case 'receipt': {
      const { letter } = await rpc.call(writeReceipt, { workspace, position: event.position });
      return letter === null ? undefined : { to: letter.to, variables: receiptVariables(letter) };
    }
    case 'webhookDisabled': {
      if (webhook === null) return undefined;
      const events = (await log.read(subjects.webhook(workspace, webhook))) as StoredWebhookEvent[];
      const record = events.reduce<WebhookRecord | undefined>(foldWebhook, undefined);
      return record === undefined ? undefined : webhookDisabledLetter(record, custody);
    }
  }
}

async function webhookDisabledLetter(
  record: WebhookRecord,
  custody: LetterSources['custody'],
): Promise<Letter | undefined> {
  const { id, disabled, failingSince, settings } = record;
  if (disabled === null) return undefined; // it was enabled meanwhile
  const to = await custody.openContact(record);
  if (to === null) return undefined;
  const { url, description } = settings;
  const { reason, at: disabledAt } = disabled;
  return {
    to,
    variables: { language: 'en', webhook: { id, url, description, reason, disabledAt, failingSince } },
  };
}
