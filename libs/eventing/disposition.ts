/** Thrown by a handler: try again later. Any other error counts as this. */
export class Retryable extends Error {
  override readonly name: string = 'Retryable';
}

/** Thrown by a handler: trying again is of no use; the message goes to the dead letters at once. */
export class Permanent extends Error {
  override readonly name = 'Permanent';
}

/** Thrown by a handler: not before that time. Does not count as a failed attempt. */
export class Deferred extends Error {
  override readonly name = 'Deferred';
  readonly at: Date;
  /** Of a task: what failed before counts no more either, for it went on since. */
  readonly forgives: boolean;

  constructor(at: Date, message = `not before ${at.toISOString()}`, { forgives = false } = {}) {
    super(message);
    this.at = at;
    this.forgives = forgives;
  }
}

/** Thrown by a handler that has decided itself: the message goes to the dead letters, with the error that is its cause. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp';

  constructor(cause: unknown) {
    super('given up', { cause });
  }
}

/** Pauses before the second, third ... attempt; after the last one the message is parked. */
export const DEFAULT_BACKOFF_MS: readonly number[] = [500, 2_000, 10_000, 60_000, 300_000];

/** Deliveries beyond the attempts that are taken for deferrals which this process did not see. */
const UNSEEN_DEFERRALS = 20;

export type Disposition =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'defer'; readonly delayMs: number }
  | { readonly kind: 'park' };

/** The one place that decides what becomes of a message whose handler threw. `attempt` is 1 at first. */
export function dispose(
  error: unknown,
  attempt: number,
  backoffMs: readonly number[],
  now: number,
): Disposition {
  if (error instanceof Deferred) return { kind: 'defer', delayMs: Math.max(0, error.at.getTime() - now) };
  if (error instanceof Permanent || error instanceof GivenUp) return { kind: 'park' };
  const delayMs = backoffMs[attempt - 1];
  return delayMs === undefined ? { kind: 'park' } : { kind: 'retry', delayMs };
}

/** Whether a message was delivered so often that it must have ended its handlers' processes: it is not tried again. */
export function isPoison(
  deliveries: number,
  backoffMs: readonly number[],
  unanswered = UNSEEN_DEFERRALS,
): boolean {
  return deliveries > backoffMs.length + 1 + unanswered;
}
