import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { freePort } from '../process/ports.ts';
import type { TestCertificate } from './certificate.ts';

/** A mail as a mail server took it. */
export interface ReceivedMail {
  /** Of the envelope. */
  readonly from: string;
  readonly to: readonly string[];
  /** As whom the client logged in. */
  readonly user: string | undefined;
  readonly encrypted: boolean;
  readonly bytes: number;
  readonly mail: Email;
}

export interface MailSinkOptions {
  /** With it the server offers STARTTLS, or speaks TLS at once. */
  readonly certificate?: TestCertificate;
  readonly implicitTls?: boolean;
  readonly auth?: { readonly user: string; readonly pass: string };
}

/** What the server says to a recipient instead of 250: a status and a text. */
export type Refusal = readonly [status: number, text: string];

/** A mail server on loopback that keeps what it takes. */
export class MailSink {
  readonly mails: ReceivedMail[] = [];
  /** Asked for every recipient; nothing is refused unless it says so, and a promise holds the answer back. */
  refuse: (recipient: string) => Refusal | undefined | Promise<undefined> = () => undefined;
  /** How often somebody connected. */
  connections = 0;
  readonly port: number;
  readonly #options: MailSinkOptions;
  #server: SMTPServer | undefined;

  private constructor(port: number, options: MailSinkOptions) {
    this.port = port;
    this.#options = options;
  }

  static async start(options: MailSinkOptions = {}): Promise<MailSink> {
    const sink = new MailSink(await freePort(), options);
    await sink.restart();
    return sink;
  }

  /** `smtp://127.0.0.1:1234` */
  get url(): string {
    return `${this.#options.implicitTls === true ? 'smtps' : 'smtp'}://127.0.0.1:${this.port}`;
  }

  /** The text of the mails to an address. */
  textsTo(address: string): string[] {
    return this.mails.filter(({ to }) => to.includes(address)).map(({ mail }) => mail.text ?? '');
  }

  /** On the same port, after {@link stop}. */
  async restart(): Promise<void> {
    const server = this.#newServer();
    server.on('error', () => undefined); // a client that went away, or that does not trust the certificate
    this.#server = server;
    await once(server.listen(this.port, '127.0.0.1'), 'listening');
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const connection of server.connections) connection.close();
    });
  }

  #newServer(): SMTPServer {
    const { certificate, implicitTls = false, auth } = this.#options;
    return new SMTPServer({
      ...certificate,
      secure: implicitTls,
      logger: false,
      disableReverseLookup: true,
      authOptional: auth === undefined,
      disabledCommands: [
        ...(certificate === undefined ? ['STARTTLS'] : []),
        ...(auth === undefined ? ['AUTH'] : []),
      ],
      onConnect: (_session, done) => {
        this.connections++;
        done();
      },
      onAuth: (given, _session, done) => {
        const isRight = given.username === auth?.user && given.password === auth?.pass;
        done(isRight ? null : smtpError([535, '5.7.8 bad credentials']), isRight ? { user: auth?.user } : {});
      },
      onRcptTo: ({ address }, _session, done) => {
        void Promise.resolve(this.refuse(address)).then((refusal) => done(refusal && smtpError(refusal)));
      },
      onData: (stream, session, done) => {
        const { mailFrom, rcptTo } = session.envelope;
        void buffer(stream).then(async (raw) => {
          this.mails.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            user: typeof session.user === 'string' ? session.user : undefined,
            encrypted: session.secure,
            bytes: raw.length,
            mail: await PostalMime.parse(raw),
          });
          done();
        });
      },
    });
  }
}

const smtpError = ([responseCode, text]: Refusal): Error => Object.assign(new Error(text), { responseCode });
