import { ERRORS, Problem } from '#contracts/errors';
import { GivenUp } from '../disposition.ts';
import { insist } from '../insist.ts';
import { ApiError } from '../jetstream-api.ts';
import { TaskOver } from './tracking.ts';

const PAUSES_MS = [100, 500, 2_000, 5_000];

export interface SettleOptions {
  /** Ends the tries. */
  readonly signal: AbortSignal;
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Does what must be done to say what became of a task, again and again while the bus is away: the task stays in hand
 * meanwhile, since to do it once more would cost more.
 *
 * @throws GivenUp when it is refused for a reason that stays; TaskOver; the signal's reason
 */
export const settle = <T>(work: () => Promise<T>, { signal, onTrouble }: SettleOptions): Promise<T> =>
  insist(work, {
    signal,
    pausesMs: PAUSES_MS,
    onFailure: (error) => {
      if (error instanceof GivenUp || error instanceof TaskOver) throw error;
      if (!mayPass(error)) throw new GivenUp(error);
      onTrouble(error);
    },
  });

/** Whether what was refused now may be taken later: the bus or a service is away or overloaded. */
const mayPass = (error: unknown): boolean =>
  (error instanceof ApiError && error.status >= 500) ||
  (error instanceof Problem && ERRORS[error.code].status >= 500);
