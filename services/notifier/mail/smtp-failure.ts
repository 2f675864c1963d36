/** Why a mail was not taken, in one word for programs and one line for people. Never holds an address. */
export class SmtpFailure extends Error {
  override readonly name = 'SmtpFailure';
  readonly code: SmtpFailureCode;
  /** The server's status; undefined when it did not answer. */
  readonly status: number | undefined;

  constructor(code: SmtpFailureCode, message: string, status: number | undefined) {
    super(message);
    this.code = code;
    this.status = status;
  }

  /** Another try with the same settings is of no use: the server will not have this mail, or not for this address. */
  get final(): boolean {
    return this.code === 'rejected';
  }
}

/**
 * `rejected`: this mail alone, for good. Everything else may pass: `busy`, for now; `denied`, `auth` and `tls` when an
 * operator has corrected the settings, here or at the server; `connect` and `timeout` when the server is back.
 */
export type SmtpFailureCode = 'rejected' | 'busy' | 'denied' | 'auth' | 'tls' | 'connect' | 'timeout';

/** What nodemailer's errors say beside their message. */
export interface SmtpError {
  readonly message: string;
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

export function smtpFailure(error: SmtpError): SmtpFailure {
  const { responseCode: status } = error;
  const said = withoutAddresses(error.response ?? error.message);
  return new SmtpFailure(codeOf(error), said.slice(0, 500), status);
}

/** What nodemailer tells of a certificate that is not trusted has the code of any broken socket. */
const ABOUT_TLS = /certificate|altnames|\bTLS\b|\bSSL\b/i;

function codeOf({ code, command, responseCode, message, response = '' }: SmtpError): SmtpFailureCode {
  if (code === 'EAUTH' || code === 'ENOAUTH') return 'auth';
  if (code === 'ETLS' || (code === 'ESOCKET' && ABOUT_TLS.test(message))) return 'tls';
  if (responseCode !== undefined && responseCode >= 400) {
    if (responseCode < 500) return 'busy';
    const aboutThisMail = command === 'RCPT TO' || command === 'DATA';
    return aboutThisMail && !isPolicy(responseCode, response) ? 'rejected' : 'denied';
  }
  // nodemailer itself refuses an address that can't be sent to.
  if (code === 'EENVELOPE' || code === 'EMESSAGE') return 'rejected';
  return code === 'ETIMEDOUT' ? 'timeout' : 'connect';
}

/** Relaying denied, authentication required, a block list: about who sends, not about this mail (RFC 3463, x.7.x). */
const isPolicy = (status: number, response: string): boolean => status === 530 || /\b5\.7\.\d/.test(response);

const ADDRESS = /(?:"[^"\s]*"|[^\s<>"'(),:;]+)@[^\s<>"'(),:;]+/g;

/** Servers repeat the address that they refuse, and a domain may well name its owner: none of it is kept. */
export const withoutAddresses = (text: string): string => text.replaceAll(ADDRESS, '…');
