import { Argument, Option } from 'commander';
import { EVENT_TYPES } from '#contracts/webhook/event-types';
import type { Webhook } from '#contracts/webhook/webhook.rpc';
import { UsageError } from '../../start/user-error.ts';
import { command } from '../command.ts';
import { fullType } from '../event-types.ts';
import { list } from '../values.ts';
import { pathOf, printWebhook, WEBHOOK, WEBHOOK_FIELDS } from '../webhook-view.ts';

interface Settings {
  readonly form?: string;
  readonly type?: readonly string[];
  readonly payload?: string;
  readonly ordered?: boolean;
  readonly description?: string;
  readonly contact?: string;
}

const SETTINGS = [
  new Option('--form <form>', 'the form whose events it gets, or `all`'),
  new Option('--type <type>', 'the events it gets, several with commas, or `all`').argParser(list),
  new Option('--payload <mode>', 'ids alone, or what happened as well').choices(['thin', 'full']),
  new Option('--ordered', 'what happens to one submission arrives in order'),
  new Option('--no-ordered', 'later events overtake those that wait for a retry'),
  new Option('--description <text>', 'for people'),
  new Option('--contact <address>', 'who is told when it is disabled, or `none`'),
];

export const createCommand = command<Settings & { readonly target: string }>({
  name: 'create',
  summary: 'Have events delivered to an address',
  details: 'Begins with what happens from now on; what happened before can be replayed.',
  arguments: [new Argument('<target>', 'the address that events are sent to')],
  options: SETTINGS,
  talksTo: ['gateway'],
  scope: 'webhooks:write',
  json: `one webhook: ${WEBHOOK_FIELDS}`,
  examples: [
    ['formbus webhooks create https://example.com/hooks', 'everything that happens, ids alone'],
    [
      'formbus webhooks create https://example.com/hooks --form contact --type submission.submitted --payload full',
      'the submissions of one form, with answers that are not sensitive',
    ],
  ],
  async run(session, { target, ...settings }) {
    const body = { url: target, ...bodyOf(settings) };
    printWebhook(session, await session.gateway.post<Webhook>('/v1/webhooks', body));
    session.print.note('formbus webhooks show <webhook> --secret prints what its receiver needs.');
  },
});

export const changeCommand = command<Settings & { readonly webhook: string; readonly target?: string }>({
  name: 'change',
  summary: 'Change settings of a webhook; what is left out stays',
  arguments: [WEBHOOK],
  options: [new Option('--target <url>', 'the address that events are sent to'), ...SETTINGS],
  talksTo: ['gateway'],
  scope: 'webhooks:write',
  json: `one webhook: ${WEBHOOK_FIELDS}`,
  examples: [
    ['formbus webhooks change 0199f0c2-7d1e-7000-8000-3f2a9c1d4e5b --payload thin', 'ids alone from now on'],
  ],
  async run(session, { webhook, target, ...settings }) {
    const body = { ...(target !== undefined && { url: target }), ...bodyOf(settings) };
    if (Object.keys(body).length === 0) throw new UsageError('nothing to change: --help tells what can be');
    printWebhook(session, await session.gateway.change<Webhook>('PATCH', pathOf(webhook), body));
  },
});

/** What was given, as the API takes it. */
function bodyOf({ form, type, payload, ordered, description, contact }: Settings): object {
  return {
    ...(form !== undefined && { form: form === 'all' ? null : form }),
    ...(type !== undefined && { types: type.includes('all') ? [] : type.map(deliverable) }),
    ...(payload !== undefined && { payload }),
    ...(ordered !== undefined && { ordered }),
    ...(description !== undefined && { description }),
    ...(contact !== undefined && { contact: contact === 'none' ? null : contact }),
  };
}

const TYPES = EVENT_TYPES.map(({ type }) => type);

const deliverable = (given: string): string =>
  fullType(given, TYPES, (wrong) => `"${wrong}" can't be delivered`);
