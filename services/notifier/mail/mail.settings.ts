import addressparser from 'nodemailer/lib/addressparser';
import { z } from 'zod';
import { ConfigError } from '#service/config';

const Sender = z.string().transform((text, context) => {
  const found = addressparser(text, { flatten: true });
  const [mailbox] = found;
  if (mailbox !== undefined && found.length === 1 && z.email().safeParse(mailbox.address).success) {
    return { name: mailbox.name, address: mailbox.address };
  }
  context.addIssue({ code: 'custom', message: 'must be one address, as in Formbus <forms@example.org>' });
  return z.NEVER;
});

const Server = z.string().transform((text, context) => {
  const url = URL.parse(text);
  const plain = url !== null && ['', '/'].includes(url.pathname) && url.search === '' && url.hash === '';
  if (plain && ['smtp:', 'smtps:'].includes(url.protocol) && url.hostname !== '') return url;
  context.addIssue({ code: 'custom', message: 'must be smtp://host:port or smtps://host:port' });
  return z.NEVER;
});

/** How mail is sent. Without SMTP_URL none is. */
export const MailConfig = z.object({
  SMTP_URL: Server.optional().meta({
    description:
      'The mail server: smtp://host:587 (STARTTLS) or smtps://host:465; may hold the user and password',
  }),
  SMTP_USER: z.string().optional().meta({ description: 'The user at the mail server' }),
  SMTP_PASSWORD: z.string().optional().meta({ description: 'The password of SMTP_USER' }),
  SMTP_TLS: z
    .enum(['required', 'off'])
    .default('required')
    .meta({ description: '`off` sends everything in clear, for a server on this machine or network' }),
  SMTP_CA: z
    .string()
    .optional()
    .meta({ description: 'The certificate of the authority that signed that of the mail server, PEM' }),
  MAIL_FROM: Sender.optional().meta({
    description: 'Whom mail is from: Formbus <forms@example.org>',
  }),
});
export type MailConfig = z.infer<typeof MailConfig>;

export interface MailSettings {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise by STARTTLS, unless it is off. */
  readonly implicitTls: boolean;
  readonly tls: 'required' | 'off';
  readonly ca: string | undefined;
  readonly auth: { readonly user: string; readonly pass: string } | undefined;
  readonly from: { readonly name: string; readonly address: string };
}

/**
 * Undefined when no mail server is configured.
 *
 * @throws ConfigError when settings contradict each other
 */
export function mailSettings(config: MailConfig): MailSettings | undefined {
  const { SMTP_URL: url, SMTP_TLS: tls, SMTP_CA: ca, MAIL_FROM: from } = config;
  if (url === undefined) return undefined;
  const implicitTls = url.protocol === 'smtps:';
  const user = config.SMTP_USER ?? (decodeURIComponent(url.username) || undefined);
  const pass = config.SMTP_PASSWORD ?? (decodeURIComponent(url.password) || undefined);
  const problems = [
    ...(from === undefined ? ['MAIL_FROM is not set, and SMTP_URL is'] : []),
    ...(implicitTls && tls === 'off' ? ['SMTP_TLS: off contradicts smtps://'] : []),
    ...((user === undefined) !== (pass === undefined)
      ? ['the mail server has a user or a password, and needs both or none']
      : []),
  ];
  if (problems.length > 0 || from === undefined) throw new ConfigError(problems);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (implicitTls ? 465 : 587) : Number(url.port),
    implicitTls,
    tls,
    ca,
    auth: user === undefined || pass === undefined ? undefined : { user, pass },
    from,
  };
}
