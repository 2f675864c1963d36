import { ERRORS, isErrorCode, Problem, type ErrorCode, type ErrorItem } from '#contracts/errors';

/**
 * Nest's format for a request over NATS, so that any Nest client or server can take part. The id matters to Nest's
 * own client only, but a packet without one would be taken for an event.
 */
export interface RequestPacket {
  readonly pattern: string;
  readonly data: unknown;
  readonly id: string;
}

/** Nest's format for the answer; one answer a request, so `isDisposed` is always set. */
export interface AnswerPacket {
  readonly id?: string;
  readonly response?: unknown;
  readonly err?: unknown;
  readonly isDisposed: true;
}

/** A {@link Problem} as it crosses the wire; its cause stays behind. */
export interface ProblemPayload {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors: readonly ErrorItem[];
  readonly retryAfter?: number;
}

export const problemPayload = ({ code, message, errors, retryAfter }: Problem): ProblemPayload => ({
  code,
  detail: message,
  errors,
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

/** The error that the other side threw; `internal` for anything that is not a {@link ProblemPayload}. */
export function problemOf(err: unknown): Problem {
  const { code, detail, errors, retryAfter } = (
    typeof err === 'object' && err !== null ? err : {}
  ) as Partial<Record<keyof ProblemPayload, unknown>>;
  if (!isErrorCode(code)) return new Problem('internal', ERRORS.internal.title, { cause: err });
  return new Problem(code, typeof detail === 'string' ? detail : undefined, {
    errors: Array.isArray(errors) ? (errors as ErrorItem[]) : [],
    ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
  });
}
