import { z } from 'zod';
import { TIERS } from '#contracts/task';
import { BusConfig } from '#service/bus-config';
import { someOf } from '#service/some-of';
import { readCidrs } from '#security/egress/address';
import { MailConfig } from './mail/mail.settings.ts';

export const ROLES = ['api', 'projector', 'worker'] as const;
export type Role = (typeof ROLES)[number];

const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** What `readCidrs` says of a list of networks, as Zod reports it. */
const Cidrs = z
  .string()
  .default('')
  .transform(list)
  .superRefine((cidrs, context) => {
    try {
      readCidrs(cidrs);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });

/** The settings of the notifier, beside those of every service. */
export const NotifierConfig = z.object({
  ...BusConfig.shape,
  ...MailConfig.shape,
  MONGODB_URI: z.string().min(1).meta({ description: 'Where the read models lie' }),
  WEBHOOK_ALLOW_CIDRS: Cidrs.meta({
    description:
      'Networks that webhooks may reach though they are not public, over http too, separated by commas: 10.1.0.0/16',
  }),
  WEBHOOK_CONNECT_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(5_000)
    .meta({ description: 'Until a connection to a webhook is open, with DNS and TLS' }),
  WEBHOOK_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(15_000)
    .meta({ description: 'Until a webhook has answered, all in all' }),
  ROLES: someOf(ROLES).meta({ description: 'What this process does: api, projector, worker, or several' }),
  TIERS: someOf(TIERS).meta({
    description: 'The tiers of tasks that the role worker does; webhooks are delivered with `high`',
  }),
});
export type NotifierConfig = z.infer<typeof NotifierConfig>;
