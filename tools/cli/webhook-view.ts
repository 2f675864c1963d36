import { Argument } from 'commander';
import type { z } from 'zod';
import type { Attempt, Delivery, Webhook, WebhookSecret } from '#contracts/webhook/webhook.rpc';
import { shortType } from './event-line.ts';
import type { Session } from './session.ts';
import type { Column } from './table.ts';
import { time } from './words.ts';

export const WEBHOOK = new Argument('<webhook>', 'its id');

export const pathOf = (webhook: string): string => `/v1/webhooks/${encodeURIComponent(webhook)}`;

export const WEBHOOK_FIELDS =
  '`id`, `url`, `description`, `form`, `types`, `payload`, `ordered`, `contact`, `state`, `disabled`, `failingSince`, `version`, `createdAt`, `updatedAt`';

const stateOf = ({ state, disabled, failingSince }: Webhook): string => {
  if (disabled !== null) return `disabled (${disabled.reason})`;
  return failingSince === null ? state : `failing since ${time(failingSince)}`;
};

const typesText = (types: readonly string[]): string =>
  types.length === 0 ? 'all' : types.map(shortType).join(' ');

export function webhookColumns({ print: { colors } }: Session): readonly Column<Webhook>[] {
  return [
    { title: 'Webhook', text: ({ id }) => id },
    {
      title: 'State',
      text: stateOf,
      colored: (text, { state, failingSince }) =>
        state === 'disabled'
          ? colors.yellow(text)
          : failingSince === null
            ? colors.green(text)
            : colors.red(text),
    },
    { title: 'Form', text: ({ form }) => form ?? 'all' },
    { title: 'Events', text: ({ types }) => typesText(types), cuts: true },
    { title: 'Target', text: ({ url }) => url, cuts: true },
  ];
}

export function printWebhook({ print }: Session, webhook: Webhook): void {
  print.record(webhook, {
    Webhook: webhook.id,
    Target: webhook.url,
    About: webhook.description === '' ? undefined : webhook.description,
    State: stateOf(webhook),
    Form: webhook.form ?? 'all',
    Events: typesText(webhook.types),
    Payload: webhook.payload,
    Ordered: webhook.ordered ? 'yes' : 'no',
    Contact: webhook.contact ?? undefined,
    Created: `${time(webhook.createdAt)} UTC`,
    Changed: `${time(webhook.updatedAt)} UTC`,
  });
}

export function printSecret({ print }: Session, secret: WebhookSecret): void {
  print.record(secret, {
    Secret: secret.secret,
    'Public key': secret.publicKey,
    Before: secret.previous.length === 0 ? undefined : secret.previous.map(previousText).join('\n'),
  });
}

const previousText = ({ secret, until }: WebhookSecret['previous'][number]): string =>
  `${secret}, signs along until ${time(until)} UTC`;

export function deliveryColumns({ print: { colors } }: Session): readonly Column<Delivery>[] {
  return [
    { title: 'Delivery', text: ({ id }) => id },
    { title: 'Last tried', text: ({ updatedAt }) => time(updatedAt) },
    { title: 'Event', text: ({ event }) => shortType(event.type) },
    {
      title: 'State',
      text: ({ state }) => state,
      colored: (text, { state }) => colored(colors, state, text),
    },
    { title: 'Tries', right: true, text: ({ attempts }) => attempts },
    { title: 'Status', right: true, text: ({ status }) => status ?? undefined },
    {
      title: 'Error',
      text: ({ error }) => (error === null ? '' : `${error.code}: ${error.detail}`),
      cuts: true,
    },
    { title: 'Next', text: ({ nextAttemptAt }) => (nextAttemptAt === null ? '' : time(nextAttemptAt)) },
  ];
}

export function attemptColumns({ print: { colors } }: Session): readonly Column<Attempt>[] {
  return [
    { title: 'At', text: ({ startedAt }) => time(startedAt) },
    { title: 'Why', text: ({ cause, attempt }) => `${cause} ${attempt}` },
    {
      title: 'State',
      text: ({ state }) => state,
      colored: (text, { state }) => colored(colors, state, text),
    },
    { title: 'Status', right: true, text: ({ response }) => response?.status },
    { title: 'Took', right: true, text: ({ durationMs }) => `${durationMs} ms` },
    {
      title: 'Error',
      text: ({ error }) => (error === null ? '' : `${error.code}: ${error.detail}`),
      cuts: true,
    },
    { title: 'Answer', text: ({ response }) => answerText(response), cuts: true },
  ];
}

const answerText = (response: Attempt['response']): string => {
  if (response === null || response.bodyState === 'none') return '';
  return response.body ?? `(${response.bodyState})`;
};

type State = z.infer<typeof Delivery>['state'];

const colored = (colors: Session['print']['colors'], state: State, text: string): string => {
  switch (state) {
    case 'delivered':
      return colors.green(text);
    case 'retrying':
      return colors.yellow(text);
    case 'failed':
      return colors.red(text);
  }
};
