import { LRUCache } from 'lru-cache';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { eventType } from '#contracts/event';
import { getVersion } from '#contracts/form/form.rpc';
import { mailTask } from '#contracts/mail/mail.task';
import { submissionSubmittedV2 } from '#contracts/submission/submission.events';
import { families } from '#contracts/subjects';
import { webhookDisabledV1, type DisableReason } from '#contracts/webhook/webhook.events';
import type { Bus } from '#eventing/bus';
import { Catalog } from '#eventing/catalog';
import { Codec } from '#eventing/codec';
import { createEventLog } from '#eventing/event-log';
import type { KeySource } from '#eventing/keyring';
import { forgetPolicy, startPolicy } from '#eventing/policy';
import type { StoredEvent } from '#eventing/stored-event';
import type { TaskQueue } from '#eventing/task/queue';
import type { RpcClient } from '#service/rpc-client';
import type { MailPayload } from './letter.ts';

export interface MailPolicyDependencies {
  readonly bus: Bus;
  readonly epoch: string;
  readonly queue: TaskQueue;
  readonly rpc: RpcClient;
}

const NAME = 'mail-policy';
const VERSIONS_KEPT = 10_000;
/** The forms service and the queue may be away for as long as an update takes. */
const BACKOFF_MS = [500, 2_000, 10_000, 60_000, 300_000, 900_000, 1_800_000];

/** The events that ask for mail, in any version. */
export const MAIL_TYPES = [submissionSubmittedV2, webhookDisabledV1].map(eventType);

/** This service may open nothing: of what is sealed it sees the clear fields alone, as if it had been erased. */
const NO_KEYS: KeySource = { dataKey: () => 'erased', observe: () => undefined };

/** Where there is no mail server: what happens meanwhile will not be made up for when there is one. */
export const forgetMailPolicy = (bus: Bus): Promise<void> => forgetPolicy(bus, NAME);

/** Asks for mail: a receipt for who submitted to a form that wants one; word to the contact of a webhook that was given up. */
export async function startMailPolicy({
  bus,
  epoch,
  queue,
  rpc,
}: MailPolicyDependencies): Promise<{ stop(): Promise<void> }> {
  const codec = new Codec({
    catalog: new Catalog(EVENTS, UPCASTERS),
    epoch,
    source: '/formbus/notifier',
    keys: NO_KEYS,
  });
  const log = createEventLog({ bus, codec, epoch, keys: NO_KEYS });
  const receipts = new Receipts(rpc);
  return startPolicy(
    { bus, log, codec },
    {
      name: NAME,
      filters: [families.submission, families.webhook],
      types: MAIL_TYPES,
      // Who submitted before there was a mail server waits for nothing.
      from: 'now',
      backoffMs: BACKOFF_MS,
      async act(event) {
        const payload = await mailFor(event, receipts);
        if (payload === undefined) return;
        const { id, actor, correlation } = event;
        await queue.enqueue(mailTask, { id: `${id}:${payload.purpose}`, payload, actor, correlation });
      },
    },
  );
}

async function mailFor(stored: StoredEvent, receipts: Receipts): Promise<MailPayload | undefined> {
  const { id, type, time, position, subject, workspace, data } = stored;
  const event = { id, type, time, position };
  const [, , family, first = '', second = ''] = subject.split('.');
  if (family === 'submission') {
    const wanted = await receipts.areWanted(stored, first, (data as { formVersion: number }).formVersion);
    if (!wanted) return undefined;
    return { workspace, purpose: 'receipt', event, form: first, submission: second, webhook: null };
  }
  // Who disables a webhook by hand knows.
  if ((data as { reason: DisableReason }).reason === 'operator') return undefined;
  return { workspace, purpose: 'webhookDisabled', event, form: null, submission: null, webhook: first };
}

/** Which versions of forms ask for receipts. A version never changes, so what it says is kept. */
class Receipts {
  readonly #rpc: RpcClient;
  readonly #known = new LRUCache<string, boolean>({ max: VERSIONS_KEPT });

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  async areWanted({ workspace, correlation }: StoredEvent, form: string, number: number): Promise<boolean> {
    const version = `${workspace}.${form}.${number}`;
    const known = this.#known.get(version);
    if (known !== undefined) return known;
    const caller = { workspace, actor: 'service:notifier', correlation };
    const { definition } = await this.#rpc.call(getVersion, { caller, form, number });
    const wanted = definition.receipt !== undefined;
    this.#known.set(version, wanted);
    return wanted;
  }
}
