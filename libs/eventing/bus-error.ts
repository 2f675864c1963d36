import { Problem } from '#contracts/errors';

/**
 * Why a request has no answer. After `no_responders` nothing was done; after `disconnected` and `timeout` it may
 * have been (and may still be).
 */
export type BusFailure = 'disconnected' | 'timeout' | 'no_responders' | 'forbidden' | 'closed';

/** A request over NATS that got no answer; to callers it is `bus_unavailable`, worth a repeat after a second. */
export class BusError extends Problem {
  readonly failure: BusFailure;

  constructor(failure: BusFailure, subject: string, cause?: unknown) {
    super('bus_unavailable', `no answer on ${subject}: ${failure.replace('_', ' ')}`, {
      retryAfter: 1,
      cause,
    });
    this.failure = failure;
  }
}
