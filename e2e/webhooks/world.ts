import { EVENTS, UPCASTERS } from '#contracts/catalog';
import { submit } from '#contracts/submission/submission.rpc';
import { listTasks } from '#contracts/task/task.rpc';
import {
  createWebhook,
  WEBHOOK_DEFAULTS,
  type Webhook,
  type WebhookSettings,
} from '#contracts/webhook/webhook.rpc';
import { connectBus } from '#eventing/bus';
import { openLog } from '#eventing/open';
import { openRecords } from '#eventing/records';
import { openTasks } from '#eventing/task/open';
import { Readiness } from '#service/readiness';
import { caller, logger, openFormsWorld, publish, type FormsWorld } from '#services/forms/testing/world';
import { startApi } from '#services/notifier/api.role';
import { openMail } from '#services/notifier/mail/mail';
import { openParts } from '#services/notifier/notifier.parts';
import { startProjectors } from '#services/notifier/projector.role';
import { startWorker } from '#services/notifier/worker.role';
import { eventually } from '#tools/testing/eventually';
import { Receiver, type Answer } from './receiver.ts';

export interface NotifierInstance {
  stop(): Promise<void>;
}

/** The forms service, and the notifier as its callers and its receivers see it. */
export interface WebhookWorld extends Pick<FormsWorld, 'rpc' | 'bus' | 'log'> {
  receiver(answer?: Answer): Promise<Receiver>;
  webhook(receiver: Pick<Receiver, 'url'>, settings?: Partial<WebhookSettings>): Promise<Webhook>;
  /** Gives the submission's id. */
  submit(form: string, answers?: Record<string, unknown>): Promise<string>;
  /** The instance that the world begins with. */
  readonly first: NotifierInstance;
  /** Begins another instance of the notifier, with all roles. */
  startNotifier(): Promise<NotifierInstance>;
  stop(): Promise<void>;
}

export const FORM = 'orders';

export async function openWebhookWorld({
  totalMs = 2_000,
  ...replays
}: { totalMs?: number; turnMs?: number } = {}): Promise<WebhookWorld> {
  const forms = await openFormsWorld({ instances: 1 });
  const { rpc, bus, log } = forms;
  await publish(forms, FORM, {
    title: 'Order',
    pages: [
      {
        fields: [
          { type: 'text', name: 'city', required: true },
          { type: 'text', name: 'passport', sensitive: true },
        ],
      },
    ],
  });
  const receivers: Receiver[] = [];

  async function startNotifier(): Promise<NotifierInstance> {
    const source = '/formbus/notifier';
    const own = await connectBus({ servers: forms.natsUrl, name: 'notifier', logger });
    const opened = await openLog(own, { events: EVENTS, upcasters: UPCASTERS, source });
    const records = {
      deliveries: await openRecords(own, { stream: 'DELIVERIES', source }),
      tasks: await openRecords(own, { stream: 'TASK_EVENTS', source }),
    };
    const tasks = openTasks(own, { source });
    const webhooks = { allowCidrs: ['127.0.0.0/8'], connectMs: 1_000, totalMs };
    const parts = await openParts({ bus: own, ...opened, tasks, records, logger, webhooks, ...replays });
    const readiness = new Readiness();
    const { database } = forms;
    const mail = openMail({
      ...{ ...parts, queue: tasks.queue, deliveries: records.deliveries, database, readiness },
      settings: undefined,
    });
    const roles = [
      startProjectors({ parts, database, readiness }),
      await startWorker({ parts, mail, database, tiers: ['high', 'default', 'batch'], readiness }),
      await startApi({ parts, database, mail: mail.module }),
    ];
    let isStopped = false;
    return {
      async stop() {
        if (isStopped) return;
        isStopped = true;
        for (const role of roles.toReversed()) await role.stop();
        mail.close();
        await tasks.queue.drain();
        await parts.stop();
        await own.close();
      },
    };
  }

  const first = await startNotifier();
  // Replays are counted in the read model of tasks.
  const all = { state: null, kind: null, limit: 1, cursor: null };
  await eventually(() => rpc.call(listTasks, { caller: caller(), ...all }));
  const instances = [first];
  return {
    first,
    rpc,
    bus,
    log,
    async receiver(answer) {
      const receiver = await Receiver.start(answer);
      receivers.push(receiver);
      return receiver;
    },
    async webhook({ url }, settings = {}) {
      const { webhook } = await rpc.call(createWebhook, {
        caller: caller(),
        settings: { ...WEBHOOK_DEFAULTS, url, ...settings },
        idempotencyKey: null,
      });
      return webhook;
    },
    async submit(form, answers = { city: 'Rome' }) {
      const { receipt } = await rpc.call(submit, {
        ...{ caller: caller(), form, formVersion: null, answers, locale: null, idempotencyKey: null },
      });
      return receipt.id;
    },
    async startNotifier() {
      const instance = await startNotifier();
      instances.push(instance);
      return instance;
    },
    async stop() {
      for (const instance of instances.toReversed()) await instance.stop();
      await forms.stop();
      await Promise.all(receivers.map((receiver) => receiver.stop()));
    },
  };
}
