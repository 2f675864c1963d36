import { createTransport } from 'nodemailer';
import type { SMTPPoolOptions } from 'nodemailer/lib/smtp-pool';
import { digest } from '#security/digest';
import type { MailSettings } from './mail.settings.ts';
import { smtpFailure, type SmtpError, type SmtpFailure } from './smtp-failure.ts';
import type { Wording } from './wording.ts';

export interface Mail {
  /** What the Message-ID is derived from: a repeat has the same, so that receivers can tell. */
  readonly id: string;
  /** One address. */
  readonly to: string;
  readonly language: string;
  readonly wording: Wording;
}

export interface Sent {
  readonly messageId: string;
  /** What the server said. */
  readonly answer: string;
  readonly status: number;
  readonly bytes: number;
}

/** Bounds of what one process asks of a mail server: an attempt of a task outlasts all of them together. */
const LIMITS = {
  maxConnections: 4,
  maxMessages: 100,
  dnsTimeout: 5_000,
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 30_000,
  idleTimeout: 30_000,
  // A message is tried again by its task, which knows what was sent and waits longer.
  maxRequeues: 0,
} as const;

function connect({ host, port, implicitTls, tls, ca, auth }: MailSettings) {
  const options: SMTPPoolOptions & { readonly pool: true } = {
    ...LIMITS,
    pool: true,
    host,
    port,
    secure: implicitTls,
    requireTLS: tls === 'required' && !implicitTls,
    ignoreTLS: tls === 'off',
    tls: { minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
    ...(auth !== undefined && { auth }),
    // Mail is made of templates and answers: neither may name a file or an address to read from.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return createTransport(options);
}

/** The mail server, over a few connections that are kept for a while. */
export class Mailer {
  readonly #settings: MailSettings;
  readonly #transport: ReturnType<typeof connect>;
  #trouble: SmtpFailure | undefined;

  constructor(settings: MailSettings) {
    this.#settings = settings;
    this.#transport = connect(settings);
  }

  /** `host:port` */
  get server(): string {
    return `${this.#settings.host}:${this.#settings.port}`;
  }

  /** Why the server did not take the last mail, where that is not about the mail alone; undefined when it did. */
  get trouble(): SmtpFailure | undefined {
    return this.#trouble;
  }

  messageId(id: string): string {
    const domain = this.#settings.from.address.split('@').at(-1) ?? 'localhost';
    return `<${digest(id)}@${domain}>`;
  }

  /** Resolves when the server has taken the mail. @throws SmtpFailure */
  async send({ id, to, language, wording }: Mail, signal: AbortSignal): Promise<Sent> {
    const messageId = this.messageId(id);
    try {
      const { subject, text, html } = wording;
      const info = await this.#transport.sendMail({
        messageId,
        from: this.#settings.from,
        // As an object it is one address, whatever it holds; a text would be taken for a list.
        to: { name: '', address: to },
        subject,
        text,
        ...(html !== null && { html }),
        headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
        signal,
      });
      this.#trouble = undefined;
      const answer = info.response ?? '';
      const bytes = typeof info.messageSize === 'number' ? info.messageSize : 0;
      return { messageId, answer: answer.slice(0, 500), status: Number(answer.slice(0, 3)) || 250, bytes };
    } catch (error) {
      const failure = smtpFailure(error as SmtpError);
      if (!failure.final) this.#trouble = failure;
      throw failure;
    }
  }

  /** Connections that are in the middle of a mail finish it first. */
  close(): void {
    this.#transport.close();
  }
}
