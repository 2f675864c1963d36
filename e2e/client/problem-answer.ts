import type { ErrorItem } from '#contracts/errors';

/** The body of an error answer, as far as programs read it (RFC 9457 with the fields that Formbus adds). */
export interface ProblemBody {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly detail?: string;
  readonly requestId?: string;
  readonly errors?: readonly ErrorItem[];
}

/** The gateway answered with an error. */
export class ProblemAnswer extends Error {
  override readonly name = 'ProblemAnswer';
  readonly status: number;
  /** Of the errors table; `none` where the answer was not problem+json. */
  readonly code: string;
  readonly errors: readonly ErrorItem[];
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, body: unknown, retryAfterSeconds?: number) {
    const problem = isProblemBody(body) ? body : undefined;
    const text = problem
      ? `${problem.code}: ${problem.detail ?? problem.title}`
      : 'the answer is not problem+json';
    const where = (problem?.errors ?? []).map((error) => `\n  ${error.path} ${error.code}: ${error.message}`);
    super(`${status} ${text}${where.join('')}`);
    this.status = status;
    this.code = problem?.code ?? 'none';
    this.errors = problem?.errors ?? [];
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** No answer came: the connection was refused or lost, or took too long. A command may or may not have been done. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

function isProblemBody(body: unknown): body is ProblemBody {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string';
}
