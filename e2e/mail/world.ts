import type { z } from 'zod';
import { EVENTS, UPCASTERS } from '#contracts/catalog';
import type { DeliveryAttempt } from '#contracts/delivery/delivery.records';
import { submit, type Receipt } from '#contracts/submission/submission.rpc';
import { subjects } from '#contracts/subjects';
import { connectBus, type Bus } from '#eventing/bus';
import type { Executor } from '#eventing/executor';
import { openLog } from '#eventing/open';
import { openRecords, type Records } from '#eventing/records';
import { DELIVERIES_STREAM } from '#eventing/streams';
import { openTasks } from '#eventing/task/open';
import { startTaskWorkers } from '#eventing/task/workers';
import { Projector } from '#readmodel/projector';
import { loadConfig } from '#service/config';
import { Readiness } from '#service/readiness';
import { startRpc } from '#service/rpc';
import { caller, logger, type FormsWorld } from '#services/forms/testing/world';
import { openMail, type MailParts } from '#services/notifier/mail/mail';
import { MailConfig, mailSettings } from '#services/notifier/mail/mail.settings';
import { mailTemplatesProjection } from '#services/notifier/mail/template.projection';

const source = '/formbus/notifier';

/** The mail of the notifier in all its roles, on the log of a world of forms. */
export interface MailWorld {
  readonly bus: Bus;
  readonly parts: MailParts;
  readonly executor: Executor;
  readonly deliveries: Records;
  readonly readiness: Readiness;
  stop(): Promise<void>;
}

/** @param env settings of mail */
export async function openMailWorld(
  { natsUrl, database, rpc }: FormsWorld,
  env: Record<string, string> = {},
): Promise<MailWorld> {
  const bus = await connectBus({ servers: natsUrl, name: 'notifier', logger });
  const { log, executor } = await openLog(bus, { events: EVENTS, upcasters: UPCASTERS, source });
  const deliveries = await openRecords(bus, { stream: DELIVERIES_STREAM, source });
  const tasks = openTasks(bus, { source });
  const readiness = new Readiness();
  const { queue } = tasks;
  const settings = mailSettings(loadConfig(MailConfig, env));
  const shared = { bus, log, database, logger };
  const parts = openMail({ ...shared, executor, queue, deliveries, rpc, settings, readiness });
  const projector = new Projector({ ...shared, projection: mailTemplatesProjection });
  projector.start();
  const policy = await parts.startPolicy();
  const workers = await startTaskWorkers({ tasks, handled: parts.tasks, tiers: ['high'], logger });
  const served = await startRpc(parts.module, { service: 'notifier', bus });
  return {
    bus,
    parts,
    executor,
    deliveries,
    readiness,
    async stop() {
      await served.close();
      await policy.stop();
      await workers.stop();
      await projector.stop();
      parts.close();
      await queue.drain();
      await deliveries.drain();
      await bus.close();
    },
  };
}

/** A form that sends receipts, in two languages, with an answer that nobody is to be told. */
export const complaint = {
  title: { en: 'Complaint', de: 'Beschwerde' },
  languages: ['en', 'de'],
  receipt: { to: 'email' },
  pages: [
    {
      fields: [
        { type: 'email', name: 'email', label: { en: 'E-mail', de: 'E-Mail' } },
        { type: 'text', name: 'city', label: { en: 'City', de: 'Ort' } },
        { type: 'text', name: 'iban', label: { en: 'Account', de: 'Konto' }, sensitive: true },
      ],
    },
  ],
};

export async function send(
  { rpc }: Pick<FormsWorld, 'rpc'>,
  form: string,
  answers: Record<string, unknown>,
  more: Partial<z.infer<typeof submit.request>> = {},
): Promise<Receipt> {
  const request = { form, formVersion: null, answers, locale: null, idempotencyKey: null, ...more };
  return (await rpc.call(submit, { caller: caller(), ...request })).receipt;
}

/** What was recorded of the mail for a submission. */
export async function attemptsFor(
  { deliveries }: Pick<MailWorld, 'deliveries'>,
  submission: string,
): Promise<DeliveryAttempt[]> {
  const events = await deliveries.log.read(subjects.delivery('acme', 'mail', submission));
  return events.map(({ data }) => data as DeliveryAttempt);
}
