import { Argument, Option } from 'commander';
import type { Webhook, WebhookSecret } from '#contracts/webhook/webhook.rpc';
import { command, type CommandSpec, type NounSpec } from '../command.ts';
import {
  pathOf,
  printSecret,
  printWebhook,
  WEBHOOK,
  WEBHOOK_FIELDS,
  webhookColumns,
} from '../webhook-view.ts';
import { count } from '../values.ts';
import { deliveryCommands } from './webhooks-deliveries.ts';
import { replayCommand, testCommand } from './webhooks-send.ts';
import { changeCommand, createCommand } from './webhooks-settings.ts';

const listCommand = command<{ readonly state?: string; readonly limit: number }>({
  name: 'list',
  summary: 'List webhooks, the newest first',
  options: [
    new Option('--state <state>', 'only in this state').choices(['enabled', 'disabled']),
    new Option('--limit <number>', 'so many at most').argParser(count(10_000)).default(100),
  ],
  talksTo: ['gateway'],
  scope: 'webhooks:read',
  json: `NDJSON, one webhook a line: ${WEBHOOK_FIELDS}`,
  examples: [['formbus webhooks list', 'all of the workspace']],
  async run(session, { state, limit }) {
    const { items, more } = await session.gateway.list<Webhook>('/v1/webhooks', limit, { state });
    session.print.list(items, webhookColumns(session), 'there are no webhooks');
    if (more) session.print.more();
  },
});

const showCommand = command<{ readonly webhook: string; readonly secret?: true }>({
  name: 'show',
  summary: 'Show a webhook, or the secret that its requests are signed with',
  arguments: [WEBHOOK],
  options: [new Option('--secret', 'what signatures are checked with; needs webhooks:write')],
  talksTo: ['gateway'],
  scope: 'webhooks:read',
  json: `one webhook: ${WEBHOOK_FIELDS}; with --secret \`secret\`, \`publicKey\`, \`previous\``,
  examples: [
    ['formbus webhooks show 0199f0c2-7d1e-7000-8000-3f2a9c1d4e5b', 'its settings and how it does'],
    ['formbus webhooks show 0199f0c2-7d1e-7000-8000-3f2a9c1d4e5b --secret', 'for the receiver'],
  ],
  async run(session, { webhook, secret }) {
    if (secret) printSecret(session, await session.gateway.get<WebhookSecret>(`${pathOf(webhook)}/secret`));
    else printWebhook(session, await session.gateway.get<Webhook>(pathOf(webhook)));
  },
});

const deleteCommand = command<{ readonly webhooks: readonly string[]; readonly yes?: true }>({
  name: 'delete',
  summary: 'Delete webhooks and what waits to be delivered to them, for ever',
  arguments: [new Argument('<webhooks...>', 'their ids')],
  options: [new Option('--yes', 'do not ask')],
  talksTo: ['gateway'],
  scope: 'webhooks:write',
  json: 'NDJSON, one webhook a line: `id`, `deleted`',
  examples: [['formbus webhooks delete 0199f0c2-7d1e-7000-8000-3f2a9c1d4e5b', 'asks first']],
  async run(session, { webhooks: ids, yes }) {
    const { gateway, print } = session;
    const what = ids.length === 1 ? `the webhook ${ids[0]}` : `${ids.length} webhooks`;
    if (!(await session.confirmed(`Delete ${what} for ever?`, yes))) return;
    for (const id of ids) {
      const deleted = await gateway.change<{ readonly id: string }>('DELETE', pathOf(id));
      if (print.json) print.value(deleted);
      else print.text(`${deleted.id} is deleted`);
    }
  },
});

const rotateCommand = command<{ readonly webhook: string }>({
  name: 'rotate-secret',
  summary: 'Draw new signing keys for a webhook',
  details: 'The keys before sign along for 24 hours.',
  arguments: [WEBHOOK],
  talksTo: ['gateway'],
  scope: 'webhooks:write',
  json: '`secret`, `publicKey`, `previous`',
  examples: [['formbus webhooks rotate-secret 0199f0c2-7d1e-7000-8000-3f2a9c1d4e5b', 'prints the new ones']],
  async run(session, { webhook }) {
    printSecret(session, await session.gateway.change('POST', `${pathOf(webhook)}/rotate-secret`, {}));
  },
});

const switchCommand = (name: 'enable' | 'disable', summary: string, what: string): CommandSpec =>
  command<{ readonly webhook: string }>({
    name,
    summary,
    arguments: [WEBHOOK],
    talksTo: ['gateway'],
    scope: 'webhooks:write',
    json: `one webhook: ${WEBHOOK_FIELDS}`,
    examples: [[`formbus webhooks ${name} 0199f0c2-7d1e-7000-8000-3f2a9c1d4e5b`, what]],
    async run(session, { webhook }) {
      printWebhook(session, await session.gateway.change('POST', `${pathOf(webhook)}/${name}`, {}));
    },
  });

export const webhooks: NounSpec = {
  name: 'webhooks',
  summary: 'Endpoints that get events, and what was delivered to them',
  commands: [
    listCommand,
    showCommand,
    createCommand,
    changeCommand,
    deleteCommand,
    rotateCommand,
    switchCommand(
      'enable',
      'Have a disabled webhook get events again',
      'from the first that it was not sent',
    ),
    switchCommand(
      'disable',
      'Have a webhook get nothing until it is enabled',
      'what happens meanwhile waits',
    ),
    testCommand,
    replayCommand,
    ...deliveryCommands,
  ],
};
