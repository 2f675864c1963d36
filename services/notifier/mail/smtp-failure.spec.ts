import { describe, expect, it } from '@jest/globals';
import { smtpFailure, type SmtpError } from './smtp-failure.ts';

const at = (command: string, response: string, code = 'EENVELOPE'): SmtpError => ({
  message: 'x',
  code,
  command,
  response,
  responseCode: Number(response.slice(0, 3)),
});

describe('a failure of the mail server', () => {
  it.each([
    ['an unknown recipient', at('RCPT TO', '550 5.1.1 unknown')],
    ['a mail that is too large', at('DATA', '552 5.3.4 too large', 'EMESSAGE')],
    ['an address that is none', { message: 'Invalid recipient', code: 'EENVELOPE', command: 'API' }],
  ])('is final: %s', (_what, error) => {
    expect(smtpFailure(error)).toMatchObject({ code: 'rejected', final: true });
  });

  it.each([
    ['busy', at('RCPT TO', '450 4.2.0 greylisted')],
    ['busy', at('CONN', '421 too many', 'EPROTOCOL')],
    ['denied', at('RCPT TO', '554 5.7.1 relay access denied')],
    ['denied', at('RCPT TO', '530 authenticate first')],
    ['denied', at('MAIL FROM', '550 who are you')],
    ['denied', at('CONN', '554 no service', 'EPROTOCOL')],
    ['auth', at('AUTH PLAIN', '535 5.7.8 bad credentials', 'EAUTH')],
    ['tls', { message: 'no STARTTLS', code: 'ETLS' }],
    ['tls', { message: 'self-signed certificate in certificate chain', code: 'ESOCKET' }],
    ['connect', { message: 'refused', code: 'ESOCKET' }],
    ['connect', { message: 'no such host', code: 'EDNS' }],
    ['timeout', { message: 'slow', code: 'ETIMEDOUT' }],
  ])('may pass: %s', (code, error) => {
    expect(smtpFailure(error)).toMatchObject({ code, final: false });
  });

  it('says what the server said, and not of whom', () => {
    const { message, status } = smtpFailure(
      at('RCPT TO', '550 5.1.1 <ada@example.org>: Recipient address rejected: "b@b"@x.example unknown'),
    );
    expect(status).toBe(550);
    expect(message).toBe('550 5.1.1 <…>: Recipient address rejected: … unknown');
  });
});
