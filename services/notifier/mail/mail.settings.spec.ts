import { describe, expect, it } from '@jest/globals';
import type { ConfigError } from '#service/config';
import { loadConfig } from '#service/config';
import { MailConfig, mailSettings } from './mail.settings.ts';

const settings = (env: Record<string, string>) => mailSettings(loadConfig(MailConfig, env));
const MAIL_FROM = 'Formbus <forms@example.org>';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    settings(env);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}

describe('the settings of mail', () => {
  it('are none without a server', () => {
    expect(settings({ MAIL_FROM })).toBeUndefined();
  });

  it('ask for TLS unless told otherwise', () => {
    expect(settings({ SMTP_URL: 'smtp://mail.example.org', MAIL_FROM })).toEqual({
      host: 'mail.example.org',
      port: 587,
      implicitTls: false,
      tls: 'required',
      ca: undefined,
      auth: undefined,
      from: { name: 'Formbus', address: 'forms@example.org' },
    });
    expect(settings({ SMTP_URL: 'smtp://[::1]:2525', SMTP_TLS: 'off', MAIL_FROM })).toMatchObject({
      host: '::1',
      port: 2525,
      tls: 'off',
    });
  });

  it('know the usual port of smtps', () => {
    expect(settings({ SMTP_URL: 'smtps://mail.example.org', MAIL_FROM })).toMatchObject({
      port: 465,
      implicitTls: true,
    });
  });

  it('take the user and the password from the address or beside it', () => {
    const auth = { user: 'a@b', pass: 'p/w' };
    expect(settings({ SMTP_URL: 'smtp://a%40b:p%2Fw@mail', MAIL_FROM })?.auth).toEqual(auth);
    const apart = { SMTP_URL: 'smtp://mail', SMTP_USER: 'a@b', SMTP_PASSWORD: 'p/w', MAIL_FROM };
    expect(settings(apart)?.auth).toEqual(auth);
  });

  it.each([
    ['http://mail', 'SMTP_URL: must be smtp://host:port or smtps://host:port'],
    ['smtp://mail/?tls=off', 'SMTP_URL: must be smtp://host:port or smtps://host:port'],
    ['mail:25', 'SMTP_URL: must be smtp://host:port or smtps://host:port'],
  ])('refuse the address %s', (SMTP_URL, problem) => {
    expect(problemsOf({ SMTP_URL, MAIL_FROM })).toEqual([problem]);
  });

  it.each(['nobody', 'a@example.org, b@example.org', 'Forms <forms@>'])('refuse the sender %s', (from) => {
    expect(problemsOf({ SMTP_URL: 'smtp://mail', MAIL_FROM: from })).toHaveLength(1);
  });

  it.each([
    [{ SMTP_URL: 'smtp://mail' }, 'MAIL_FROM is not set, and SMTP_URL is'],
    [{ SMTP_URL: 'smtps://mail', SMTP_TLS: 'off', MAIL_FROM }, 'SMTP_TLS: off contradicts smtps://'],
    [
      { SMTP_URL: 'smtp://user@mail', MAIL_FROM },
      'the mail server has a user or a password, and needs both or none',
    ],
  ])('refuse what contradicts itself', (env, problem) => {
    expect(problemsOf(env as unknown as Record<string, string>)).toEqual([problem]);
  });
});
