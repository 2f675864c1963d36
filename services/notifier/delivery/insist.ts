import type { Logger } from 'pino';
import { z } from 'zod';
import { ERRORS, Problem } from '#contracts/errors';
import { insist as keepTrying } from '#eventing/insist';
import { UndecodableEvent } from '#eventing/stored-event';

export interface InsistOptions {
  readonly logger: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** The first pause; later ones grow to thirty times as much. */
  readonly pauseMs?: number;
}

const PAUSE_MS = 1_000;
const GROWTH = [1, 2, 4, 8, 16, 30];
/** An outage is told of when it begins, and then about every ten minutes. */
const TELL_EVERY = 20;

/**
 * Does what depends on other services and on the log, which may be away: tries until they are back. Rejects when it is
 * aborted, and with what no repeat would mend.
 */
export function insist<T>(
  trouble: string,
  work: () => T | Promise<T>,
  { logger, signal, pauseMs = PAUSE_MS }: InsistOptions,
): Promise<T> {
  return keepTrying(work, {
    signal,
    pausesMs: GROWTH.map((factor) => pauseMs * factor),
    onFailure: (error, before) => {
      if (isPermanent(error)) throw error;
      if (before % TELL_EVERY === 0) logger.warn({ err: error, tries: before + 1 }, trouble);
    },
  });
}

/** Whether the same would come of every repeat: something is not there, cannot be opened or cannot be read. */
export function isPermanent(error: unknown): boolean {
  if (error instanceof Problem) return error.code === 'seal_broken' || ERRORS[error.code].status < 500;
  return error instanceof UndecodableEvent || error instanceof SyntaxError || error instanceof z.ZodError;
}
