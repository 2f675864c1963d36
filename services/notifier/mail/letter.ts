import type { z } from 'zod';
import { open } from '#contracts/custody/custody.rpc';
import type { mailTask } from '#contracts/mail/mail.task';
import { writeReceipt } from '#contracts/submission/submission.rpc';
import { subjects } from '#contracts/subjects';
import type { EventLog } from '#eventing/event-log';
import type { RpcClient } from '#service/rpc-client';
import { foldWebhook, type StoredWebhookEvent, type WebhookRecord } from '../webhook/webhook.fold.ts';
import { receiptVariables, type MailVariables } from './variables.ts';

export type MailPayload = z.infer<typeof mailTask.payload>;

/** Whom a mail is for, and what it is about: made when it is sent, and kept nowhere. */
export interface Letter {
  readonly to: string;
  readonly variables: MailVariables;
}

/** Undefined when there is nobody to write to, or nothing left to say. */
export async function letterOf(
  { log, rpc }: { readonly log: EventLog; readonly rpc: RpcClient },
  { workspace, purpose, event, webhook }: MailPayload,
): Promise<Letter | undefined> {
  switch (purpose) {
    case 'receipt': {
      const { letter } = await rpc.call(writeReceipt, { workspace, position: event.position });
      return letter === null ? undefined : { to: letter.to, variables: receiptVariables(letter) };
    }
    case 'webhookDisabled':
      return webhook === null ? undefined : webhookDisabledLetter(log, rpc, workspace, webhook);
  }
}

async function webhookDisabledLetter(
  log: EventLog,
  rpc: RpcClient,
  workspace: string,
  webhook: string,
): Promise<Letter | undefined> {
  const events = (await log.read(subjects.webhook(workspace, webhook))) as StoredWebhookEvent[];
  const record = events.reduce<WebhookRecord | undefined>(foldWebhook, undefined);
  // Deleted, or enabled meanwhile.
  if (record?.disabled == null || record.settings.contact === null) return undefined;
  const { disabled, failingSince, settings } = record;
  const place = { workspace, owner: null, purpose: `webhook.${webhook}.contact` };
  const { plaintext: to } = await rpc.call(open, { ...place, sealed: record.settings.contact });
  const { url, description } = settings;
  const { reason, at: disabledAt } = disabled;
  return {
    to,
    variables: {
      language: 'en',
      webhook: { id: webhook, url, description, reason, disabledAt, failingSince },
    },
  };
}
