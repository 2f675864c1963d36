import { CommanderError } from 'commander';
import { ERRORS, Problem, type ErrorCode } from '#contracts/errors';
import { ConfigError } from '#service/config';
import { ComponentUnavailable } from '../components/route.ts';
import { UsageError, UserError } from '../start/user-error.ts';

/** What `formbus` ends with, for scripts; docs/cli.md lists the same. */
export const EXIT = { ok: 0, failed: 1, usage: 2, notFound: 3, unreachable: 4, refused: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANS: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'failed, or what was checked is not as it should be',
  2: 'the command line or the configuration is wrong',
  3: 'what was named is not there',
  4: 'nobody answers there, or not now: worth another try',
  5: 'refused: no valid key or token, or one that may not do this',
};

/** What was named is not there. */
export class NotFound extends UserError {}

/** Nobody answers there. */
export class Unreachable extends UserError {}

/** The key or token is wrong, or may not do this. */
export class Refused extends UserError {}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof UsageError || error instanceof ConfigError) return EXIT.usage;
  if (error instanceof NotFound) return EXIT.notFound;
  if (error instanceof Unreachable) return EXIT.unreachable;
  if (error instanceof Refused) return EXIT.refused;
  return error instanceof Problem ? exitCodeOfStatus(ERRORS[error.code].status) : EXIT.failed;
}

/** Of an error answer with this HTTP status. */
export function exitCodeOfStatus(status: number): ExitCode {
  switch (status) {
    case 401:
    case 403:
      return EXIT.refused;
    case 404:
    case 410:
      return EXIT.notFound;
    case 429:
    case 502:
    case 503:
    case 504:
      return EXIT.unreachable;
    default:
      return EXIT.failed;
  }
}

/** The commands that show what there is, in place of what the API says of its own paths. */
const SEE: Partial<Record<ErrorCode, string>> = {
  key_not_found: 'See formbus keys list.',
  webhook_not_found: 'See formbus webhooks list.',
  delivery_not_found: 'See formbus webhooks deliveries; deliveries are kept for 30 days.',
  task_not_found: 'See formbus tasks list.',
  task_kind_not_found: 'See formbus tasks kinds.',
  dead_letter_not_found:
    'See formbus dlq list: it was retried or discarded (--discarded), or is older than 30 days.',
};

/** For a person: what is wrong and what to do; of a fault of this program where it is. */
export function explain(error: unknown): string {
  if (error instanceof Problem) {
    const { title } = ERRORS[error.code];
    const action = SEE[error.code] ?? ERRORS[error.code].action;
    const what = error.message === title ? title : `${title}: ${error.message}`;
    return [`${sentence(what)} ${action}`, ...error.errors.map(errorLine)].join('\n');
  }
  if (!(error instanceof Error)) return String(error);
  const expected = [UserError, ConfigError, ComponentUnavailable].some((known) => error instanceof known);
  return expected ? error.message : (error.stack ?? error.message);
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

const errorLine = ({ path, message }: { path: string; message: string }): string =>
  `  ${path === '' ? '(all of it)' : path} ${message}`;
