import type { DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Bus } from '#eventing/bus';
import type { EventLog } from '#eventing/event-log';
import type { Executor } from '#eventing/executor';
import type { Records } from '#eventing/records';
import type { HandledTask } from '#eventing/task/context';
import type { TaskQueue } from '#eventing/task/queue';
import type { Database } from '#readmodel/database';
import { ReadModel } from '#readmodel/read-model';
import type { Check, Readiness } from '#service/readiness';
import type { RpcClient } from '#service/rpc-client';
import { WebhookCustody } from '../webhook/webhook.keys.ts';
import { MailDeliveries } from './mail.deliveries.ts';
import { MailModule } from './mail.module.ts';
import { forgetMailPolicy, startMailPolicy } from './mail.policy.ts';
import type { MailSettings } from './mail.settings.ts';
import { mailWorker } from './mail.worker.ts';
import { Mailer } from './mailer.ts';
import { TemplateCatalog } from './template.catalog.ts';
import { mailTemplatesProjection } from './template.projection.ts';
import { Typesetter } from './typesetter.ts';

export interface MailDependencies {
  readonly bus: Bus;
  readonly log: EventLog;
  readonly executor: Executor;
  readonly queue: TaskQueue;
  /** Of the stream DELIVERIES. */
  readonly deliveries: Records;
  readonly database: Database;
  readonly rpc: RpcClient;
  /** Undefined: templates can be written, and nothing is sent. */
  readonly settings: MailSettings | undefined;
  readonly logger: Logger;
  readonly readiness: Readiness;
}

/** The parts of mail, for the roles of the service to run. */
export interface MailParts {
  /** For the role that answers RPC. */
  readonly module: DynamicModule;
  /** For the role that does tasks. */
  readonly tasks: readonly HandledTask[];
  /** For the role that reacts to events: from here on they ask for mail. Without a mail server they never did. */
  startPolicy(): Promise<{ stop(): Promise<void> }>;
  /** After the roles. */
  close(): void;
}

export function openMail(deps: MailDependencies): MailParts {
  const { bus, log, executor, queue, database, rpc, settings, logger, readiness } = deps;
  const mailer = settings === undefined ? undefined : new Mailer(settings);
  const templates = new TemplateCatalog(log);
  // One for authors, one for what is sent: nobody's previews hold up mail.
  const [trying, sending] = [new Typesetter(), new Typesetter()];
  const model = new ReadModel({ bus, log, database, projection: mailTemplatesProjection });
  const custody = new WebhookCustody(rpc);
  const deliveries = new MailDeliveries(deps.deliveries);
  readiness.add('mail', () => checkOf(mailer));
  if (mailer === undefined) logger.info('no mail server is configured (SMTP_URL): receipts are not sent');
  return {
    module: MailModule.with({ executor, rpc, templates, typesetter: trying, model, mailer }),
    tasks: [
      mailWorker({ sources: { log, rpc, custody }, mailer, templates, typesetter: sending, deliveries }),
    ],
    async startPolicy() {
      if (mailer !== undefined) return startMailPolicy({ bus, epoch: log.epoch, queue, rpc });
      await forgetMailPolicy(bus);
      return { stop: () => Promise.resolve() };
    },
    close() {
      model.close();
      mailer?.close();
      void trying.close();
      void sending.close();
    },
  };
}

/** Mail that can't be sent waits; requests are welcome all the same. */
function checkOf(mailer: Mailer | undefined): Check {
  if (mailer === undefined) return { ok: true, detail: 'no mail server is configured' };
  const { server, trouble } = mailer;
  if (trouble === undefined) return { ok: true, detail: `to ${server}` };
  return { ok: true, degraded: true, detail: `${server} does not take mail (${trouble.code})` };
}
