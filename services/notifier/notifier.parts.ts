import type { Logger } from 'pino';
import { v7 as uuid } from 'uuid';
import { subjects } from '#contracts/subjects';
import type { Bus } from '#eventing/bus';
import type { EventLog } from '#eventing/event-log';
import type { Executor } from '#eventing/executor';
import type { Records } from '#eventing/records';
import type { Tasks } from '#eventing/task/open';
import { createEgress, type Egress } from '#security/egress/egress';
import { RpcClient } from '#service/rpc-client';
import { Bodies } from './delivery/body.ts';
import type { EndpointChange } from './delivery/courier.ts';
import { DeliveryLog } from './delivery/delivery.log.ts';
import { WIDTH } from './delivery/endpoint.ts';
import { EventFinder } from './delivery/event-finder.ts';
import { Retries } from './delivery/retries.ts';
import { Sender } from './delivery/sender.ts';
import { webhookDecider } from './webhook/webhook.decider.ts';
import { WebhookDirectory } from './webhook/webhook.directory.ts';
import type { WebhookRecord } from './webhook/webhook.fold.ts';
import { WebhookCustody } from './webhook/webhook.keys.ts';

export interface PartsOptions {
  readonly bus: Bus;
  readonly log: EventLog;
  readonly executor: Executor;
  readonly tasks: Tasks;
  /** Of the streams DELIVERIES and TASK_EVENTS. */
  readonly records: { readonly deliveries: Records; readonly tasks: Records };
  readonly logger: Logger;
  readonly webhooks: {
    readonly allowCidrs: readonly string[];
    readonly connectMs: number;
    readonly totalMs: number;
  };
  /** How long a replay keeps its room, for specs. */
  readonly turnMs?: number;
}

/** What the roles of this service share within a process. */
export interface Parts extends PartsOptions {
  readonly rpc: RpcClient;
  readonly egress: Egress;
  readonly custody: WebhookCustody;
  readonly directory: WebhookDirectory;
  readonly events: EventFinder;
  readonly bodies: Bodies;
  readonly retries: Retries;
  readonly deliveries: DeliveryLog;
  readonly sender: Sender;
  /** Stores what an attempt has shown of an endpoint. */
  tell(record: WebhookRecord, change: EndpointChange): void;
  /** After the roles: stores what is still on its way, and closes connections. */
  stop(): Promise<void>;
}

/** Connections to one endpoint: those of its deliveries, one of a replay, one for a test. */
const CONNECTIONS = WIDTH + 2;
/** What is kept of a failed attempt's answer. */
const RESPONSE_BYTES = 1024;

/** Resolves when the endpoints are known. */
export async function openParts(options: PartsOptions): Promise<Parts> {
  const { bus, log, executor, records, logger, webhooks } = options;
  const rpc = new RpcClient(bus);
  const egress = createEgress({ ...webhooks, maxResponseBytes: RESPONSE_BYTES, maxConnections: CONNECTIONS });
  const custody = new WebhookCustody(rpc);
  const directory = new WebhookDirectory(log, logger);
  await directory.start();
  const retries = new Retries(bus);
  return {
    ...options,
    rpc,
    egress,
    custody,
    directory,
    events: new EventFinder(bus, { log: log.epoch, tasks: records.tasks.log.epoch }),
    bodies: new Bodies({ log, tasks: records.tasks.log, rpc }),
    retries,
    deliveries: new DeliveryLog(records.deliveries, rpc),
    sender: new Sender(egress, custody),
    tell(record, change) {
      executor
        .execute({
          subject: subjects.webhook(record.workspace, record.id),
          decider: webhookDecider,
          command: change,
          meta: {
            commandId: uuid(),
            time: new Date().toISOString(),
            actor: 'service:notifier',
            correlation: uuid(),
          },
        })
        .catch((error: unknown) => {
          logger.warn(
            { err: error, webhook: record.id, change: change.kind },
            'the state of a webhook was not stored',
          );
        });
    },
    async stop() {
      await retries.drain();
      await records.deliveries.drain();
      await executor.drain();
      await directory.stop();
      await egress.close();
    },
  };
}
