import { Argument, Option } from 'commander';
import { DELIVERY_STATES } from '#contracts/delivery/delivery.records';
import { EVENT_TYPES, WEBHOOK_TEST } from '#contracts/webhook/event-types';
import type { Attempt, Delivery } from '#contracts/webhook/webhook.rpc';
import { command, type CommandSpec } from '../command.ts';
import { fullType } from '../event-types.ts';
import type { Session } from '../session.ts';
import { count } from '../values.ts';
import { attemptColumns, deliveryColumns, pathOf, WEBHOOK } from '../webhook-view.ts';
import { time } from '../words.ts';

const TYPES = [...EVENT_TYPES.map(({ type }) => type), WEBHOOK_TEST];

interface DeliveriesInput {
  readonly webhook: string;
  readonly delivery?: string;
  readonly state?: string;
  readonly type?: string;
  readonly submission?: string;
  readonly limit: number;
}

const deliveriesCommand = command<DeliveriesInput>({
  name: 'deliveries',
  summary: 'List what was delivered to a webhook in the last 30 days, or show one delivery',
  arguments: [WEBHOOK, new Argument('[delivery]', 'its id: shows its attempts and its body')],
  options: [
    new Option('--state <state>', 'only in this state').choices(DELIVERY_STATES),
    new Option('--type <type>', 'only of this type of event, with or without `formbus.` and version'),
    new Option('--submission <submission>', 'only of what happened to this submission'),
    new Option('--limit <number>', 'so many at most, the newest').argParser(count(10_000)).default(50),
  ],
  talksTo: ['gateway'],
  scope: 'webhooks:read',
  json: 'NDJSON, one delivery a line: `id`, `webhook`, `event`, `state`, `attempts`, `status`, `error`, `createdAt`, `updatedAt`, `nextAttemptAt`; of one delivery `delivery`, `attempts`, `body`, `readModel`',
  examples: [
    [
      'formbus webhooks deliveries 0199f0c2-7d1e-7000-8000-3f2a9c1d4e5b --state failed',
      'what did not arrive',
    ],
  ],
  async run(session, { webhook, delivery, limit, state, type, submission }) {
    const path = `${pathOf(webhook)}/deliveries`;
    if (delivery !== undefined) {
      return printDelivery(session, await session.gateway.get(`${path}/${encodeURIComponent(delivery)}`));
    }
    const query = {
      state,
      submission,
      type: type && fullType(type, TYPES, (wrong) => `"${wrong}" is never delivered`),
    };
    const { items, more } = await session.gateway.list<Delivery>(path, limit, query);
    session.print.list(items, deliveryColumns(session), 'nothing was delivered');
    if (more) session.print.more();
  },
});

interface DeliveryAnswer {
  readonly delivery: Delivery;
  readonly attempts: readonly Attempt[];
  readonly body: string | null;
}

function printDelivery(session: Session, answer: DeliveryAnswer): void {
  const { print } = session;
  const { delivery, attempts, body } = answer;
  const { event, nextAttemptAt } = delivery;
  print.record(answer, {
    Delivery: delivery.id,
    State: delivery.state,
    Event: `${event.type} ${event.position ?? ''}`.trim(),
    Submission: event.submission ?? undefined,
    'Next attempt': nextAttemptAt === null ? undefined : `${time(nextAttemptAt)} UTC`,
    Body: body ?? '(the event can no longer be read)',
  });
  if (print.json) return;
  print.text('');
  print.list(attempts, attemptColumns(session), 'it was not tried yet');
}

const redeliverCommand = command<{
  readonly webhook: string;
  readonly deliveries: readonly string[];
  readonly yes?: true;
}>({
  name: 'redeliver',
  summary: 'Have deliveries sent once more, with the same webhook-id',
  arguments: [WEBHOOK, new Argument('<deliveries...>', 'their ids')],
  options: [new Option('--yes', 'do not ask before more than one is sent')],
  talksTo: ['gateway'],
  scope: 'webhooks:write',
  json: 'NDJSON, one delivery a line: `delivery`',
  examples: [['formbus webhooks redeliver 0199f0c2-7d1e-7000-8000-3f2a9c1d4e5b msg_2cY4', 'soon']],
  async run(session, { webhook, deliveries, yes }) {
    const { gateway, print } = session;
    const many = deliveries.length > 1;
    if (many && !(await session.confirmed(`Send ${deliveries.length} deliveries once more?`, yes))) return;
    for (const delivery of deliveries) {
      const path = `${pathOf(webhook)}/deliveries/${encodeURIComponent(delivery)}/redeliver`;
      const accepted = await gateway.post<{ readonly delivery: string }>(path);
      if (print.json) print.value(accepted);
      else print.text(`${accepted.delivery} will be sent once more`);
    }
  },
});

export const deliveryCommands: readonly CommandSpec[] = [deliveriesCommand, redeliverCommand];
