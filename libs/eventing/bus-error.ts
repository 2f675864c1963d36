import { Problem } from '#contracts/errors';

/**
 * Why a request has no answer. After `no_responders` nothing was done; after `disconnected` and `timeout` it may
 * have been (and may still be).
 */
export type BusFailure = 'disconnected' | 'timeout' | 'no_responders' | 'forbidden' | 'closed';

/** A request over NATS that got no answer; to callers it is `bus_unavailable`, worth a repeat after a second. */
export class BusError extends Problem {
  readonly failure: BusFailure;
  /** What was asked, for logs; the message goes to callers, who have no business with subjects. */
  readonly subject: string;

  constructor(failure: BusFailure, subject: string, cause?: unknown) {
    super('bus_unavailable', `The event log does not answer (${failure.replace('_', ' ')})`, {
      retryAfter: 1,
      cause,
    });
    this.failure = failure;
    this.subject = subject;
  }
}
