import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { z } from 'zod';
import { ERRORS, Problem } from '#contracts/errors';
import { UndecodableEvent } from '#eventing/stored-event';

export interface InsistOptions {
  readonly logger: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** The first pause; later ones grow to thirty times as much. */
  readonly pauseMs?: number;
}

const PAUSE_MS = 1_000;
const LONGEST = 30;
/** An outage is told of when it begins, and then about every ten minutes. */
const TELL_EVERY = 20;

/**
 * Does what depends on other services and on the log, which may be away: tries until they are back. Rejects when it is
 * aborted, and with what no repeat would mend.
 */
export async function insist<T>(
  trouble: string,
  work: () => T | Promise<T>,
  { logger, signal, pauseMs = PAUSE_MS }: InsistOptions,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (isPermanent(error)) throw error;
      if (tries % TELL_EVERY === 0) logger.warn({ err: error, tries: tries + 1 }, trouble);
    }
    await delay(pauseMs * Math.min(2 ** tries, LONGEST), undefined, { signal });
  }
}

/** Whether the same would come of every repeat: something is not there, cannot be opened or cannot be read. */
export function isPermanent(error: unknown): boolean {
  if (error instanceof Problem) return error.code === 'seal_broken' || ERRORS[error.code].status < 500;
  return error instanceof UndecodableEvent || error instanceof SyntaxError || error instanceof z.ZodError;
}
