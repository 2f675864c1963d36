import { afterEach, describe, expect, it } from '@jest/globals';
import { testCertificate } from '#tools/testing/certificate';
import { MailSink, type MailSinkOptions } from '#tools/testing/mail-sink';
import { loadConfig } from '#service/config';
import { MailConfig, mailSettings } from './mail.settings.ts';
import { Mailer, type Mail } from './mailer.ts';

const certificate = testCertificate();
const closing: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function sinkOf(options: MailSinkOptions = {}): Promise<MailSink> {
  const sink = await MailSink.start(options);
  closing.push(() => sink.stop());
  return sink;
}

function mailerTo(sink: MailSink, env: Record<string, string> = {}): Mailer {
  const MAIL_FROM = 'Formbus <forms@example.org>';
  const settings = mailSettings(loadConfig(MailConfig, { SMTP_URL: sink.url, MAIL_FROM, ...env }));
  if (settings === undefined) throw new Error('no mail server is configured');
  const mailer = new Mailer(settings);
  closing.push(() => mailer.close());
  return mailer;
}

const mail = (more: Partial<Mail> = {}): Mail => ({
  id: 'task-1',
  to: 'ada@example.com',
  language: 'de',
  wording: { subject: 'Grüße', text: 'Hallo\n', html: '<p>Hallo</p>' },
  ...more,
});
const send = (mailer: Mailer, one = mail()) => mailer.send(one, AbortSignal.timeout(60_000));
const OFF = { SMTP_TLS: 'off' };

describe('a mail', () => {
  it('arrives with text and HTML, and says that a machine sent it', async () => {
    const sink = await sinkOf();
    const sent = await send(mailerTo(sink, OFF));
    const [received] = sink.mails;
    expect(received).toMatchObject({ from: 'forms@example.org', to: ['ada@example.com'], encrypted: false });
    expect(received?.mail).toMatchObject({
      subject: 'Grüße',
      from: { name: 'Formbus', address: 'forms@example.org' },
      messageId: sent.messageId,
    });
    expect([received?.mail.text?.trim(), received?.mail.html?.trim()]).toEqual(['Hallo', '<p>Hallo</p>']);
    const headers = new Map(received?.mail.headers.map(({ key, value }) => [key, value]));
    expect(headers.get('auto-submitted')).toBe('auto-generated');
    expect(headers.get('content-language')).toBe('de');
    expect(Math.abs(Date.now() - Date.parse(received?.mail.date ?? ''))).toBeLessThan(60_000);
    // The server counts no end mark.
    expect(sent).toMatchObject({ status: 250, bytes: (received?.bytes ?? 0) + '.\r\n'.length });
  });

  it('has the same Message-ID when it is sent again, and another one has another', async () => {
    const sink = await sinkOf();
    const mailer = mailerTo(sink, OFF);
    for (const id of ['task-1', 'task-1', 'task-2']) await send(mailer, mail({ id }));
    const [first, again, other] = sink.mails.map(({ mail: { messageId } }) => messageId);
    expect(first).toMatch(/^<[\w-]+@example\.org>$/);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it('goes to one address, whatever it looks like', async () => {
    const sink = await sinkOf();
    const mailer = mailerTo(sink, OFF);
    await send(mailer, mail({ to: 'a@example.com, b@example.com' })).catch(() => undefined);
    await send(mailer, mail({ to: 'a@example.com\r\nBcc: b@example.com' })).catch(() => undefined);
    for (const { to } of sink.mails) {
      expect(to).toHaveLength(1);
      expect(to).not.toContain('b@example.com');
    }
    for (const { mail: received } of sink.mails) expect(received.bcc ?? []).toEqual([]);
  });

  it('is sent over a few connections, however many there are', async () => {
    const sink = await sinkOf();
    const mailer = mailerTo(sink, OFF);
    await Promise.all(Array.from({ length: 40 }, (_, i) => send(mailer, mail({ id: `task-${i}` }))));
    expect(sink.mails).toHaveLength(40);
    expect(sink.connections).toBeLessThanOrEqual(4);
  });

  it('is given up when its task is told to stop', async () => {
    const sink = await sinkOf();
    await expect(mailerTo(sink, OFF).send(mail(), AbortSignal.abort())).rejects.toThrow();
    expect(sink.mails).toEqual([]);
  });
});

describe('a connection', () => {
  it('is encrypted by STARTTLS, and the certificate checked', async () => {
    const sink = await sinkOf({ certificate });
    await send(mailerTo(sink, { SMTP_CA: certificate.cert }));
    expect(sink.mails).toMatchObject([{ encrypted: true }]);
  });

  it('is encrypted from the first byte by smtps', async () => {
    const sink = await sinkOf({ certificate, implicitTls: true });
    await send(mailerTo(sink, { SMTP_CA: certificate.cert }));
    expect(sink.mails).toMatchObject([{ encrypted: true }]);
  });

  it('carries nothing when the server has no TLS', async () => {
    const sink = await sinkOf();
    await expect(send(mailerTo(sink))).rejects.toMatchObject({ code: 'tls', final: false });
    expect(sink.mails).toEqual([]);
  });

  it('carries nothing to a server whose certificate nobody knows', async () => {
    const sink = await sinkOf({ certificate });
    await expect(send(mailerTo(sink))).rejects.toMatchObject({ code: 'tls', final: false });
    expect(sink.mails).toEqual([]);
  });

  it('is made as the user', async () => {
    const auth = { user: 'formbus', pass: 'p@ss/word' };
    const sink = await sinkOf({ certificate, auth });
    const settings = { SMTP_CA: certificate.cert, SMTP_USER: auth.user };
    await send(mailerTo(sink, { ...settings, SMTP_PASSWORD: auth.pass }));
    expect(sink.mails).toMatchObject([{ user: 'formbus' }]);
    const wrong = mailerTo(sink, { ...settings, SMTP_PASSWORD: 'guess' });
    await expect(send(wrong)).rejects.toMatchObject({ code: 'auth', status: 535, final: false });
    expect(wrong.trouble?.code).toBe('auth');
    expect(sink.mails).toHaveLength(1);
  });
});

describe('a refusal', () => {
  it('of the recipient is final, and no trouble of the server', async () => {
    const sink = await sinkOf();
    sink.refuse = (to) => [550, `5.1.1 <${to}> is unknown here`];
    const mailer = mailerTo(sink, OFF);
    await expect(send(mailer)).rejects.toMatchObject({
      code: 'rejected',
      status: 550,
      final: true,
      message: expect.stringContaining('<…> is unknown here'),
    });
    expect(mailer.trouble).toBeUndefined();
  });

  it('for now is not final, and is forgotten when the next mail is taken', async () => {
    const sink = await sinkOf();
    sink.refuse = () => [451, '4.7.1 greylisted'];
    const mailer = mailerTo(sink, OFF);
    await expect(send(mailer)).rejects.toMatchObject({ code: 'busy', status: 451, final: false });
    expect(mailer.trouble?.code).toBe('busy');
    sink.refuse = () => undefined;
    await send(mailer);
    expect(mailer.trouble).toBeUndefined();
  });

  it('is what a server that is away amounts to, at once', async () => {
    const sink = await sinkOf();
    const mailer = mailerTo(sink, OFF);
    await send(mailer);
    await sink.stop();
    await expect(send(mailer)).rejects.toMatchObject({ code: 'connect', final: false });
    await sink.restart();
    await send(mailer);
    expect(sink.mails).toHaveLength(2);
  });
});
