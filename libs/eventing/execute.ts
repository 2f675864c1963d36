import type { Span } from '@opentelemetry/api';
import { Problem } from '#contracts/errors';
import type { DomainEvent } from '#contracts/event';
import type { Decider } from './decider.ts';
import { asError } from './decoding.ts';
import { metrics } from './metrics.ts';
import { endSpan, startPublish, traceparentOf } from './trace.ts';

/** One command on one aggregate. */
export interface Execute<Command, State, Event extends DomainEvent> {
  /** The aggregate's subject, literal. */
  subject: string;
  decider: Decider<Command, State, Event>;
  command: Command;
  meta: {
    /** A UUID that is drawn for this command alone; the ids of its events are `<commandId>.1`, `.2` ... */
    commandId: string;
    /** RFC 3339, UTC. */
    time: string;
    actor: string;
    correlation: string;
    causation?: string;
  };
  /** The aggregate is expected to be new: it is not read before the first try. */
  fresh?: boolean;
  /** The aggregate has a data key, created beside its first event. Must be the workspace and last token of `subject`. */
  sealedBy?: { workspace: string; owner: string };
  /** The aggregate's version must be this one, else `stale`. */
  expectVersion?: number;
  /** How long others may be faster, or the server away, until the command is given up; 5,000 by default. */
  deadlineMs?: number;
}

export interface Executed<State> {
  /** After this command. */
  readonly state: State;
  readonly version: number;
  /** Position of the aggregate's first event. */
  readonly first: string;
  /** Position of this command's last event; of a replay, of the aggregate's last. */
  readonly last: string;
  /** Events of this command; 0 for a replay. */
  readonly appended: number;
}

export const DEFAULT_DEADLINE_MS = 5000;

/** A command with its types forgotten: lanes hold those of all aggregates. */
export type AnyExecute = Execute<unknown, unknown, DomainEvent>;

/** A command on its way, and the caller that waits for it. */
export class Pending {
  readonly command: AnyExecute;
  readonly arrived = performance.now();
  readonly traceparent: string | undefined;
  /** `ce-id` of the first and last event that were last decided. */
  firstId: string | undefined;
  lastId: string | undefined;
  /** In a batch that will be or was sent, and whose answer is not here. */
  inBatch = false;
  /** It was sent and the answer got lost: it may lie in the log. */
  uncertain = false;
  /** How often others were faster. */
  conflicts = 0;
  /** How many of these were in flight, and say nothing of what lies in the log. */
  inFlight = 0;
  settled = false;
  readonly #span: Span;
  readonly #timer: NodeJS.Timeout;
  readonly #resolve: (executed: Executed<unknown>) => void;
  readonly #reject: (error: Error) => void;

  constructor(
    command: AnyExecute,
    resolve: (executed: Executed<unknown>) => void,
    reject: (error: Error) => void,
  ) {
    this.command = command;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#span = startPublish(command.subject);
    this.traceparent = traceparentOf(this.#span);
    this.#timer = setTimeout(() => this.reject(this.#expiry()), command.deadlineMs ?? DEFAULT_DEADLINE_MS);
  }

  resolve(executed: Executed<unknown>): void {
    if (!this.#settle()) return;
    if (executed.appended > 0) metrics.appendSeconds.observe((performance.now() - this.arrived) / 1000);
    this.#resolve(executed);
  }

  reject(error: unknown): void {
    if (this.#settle(error)) this.#reject(asError(error));
  }

  /** Somebody else was faster; `inFlight`: and is not there yet. */
  beaten(inFlight: boolean): void {
    this.conflicts++;
    if (inFlight) this.inFlight++;
  }

  #settle(error?: unknown): boolean {
    if (this.settled) return false;
    this.settled = true;
    clearTimeout(this.#timer);
    endSpan(this.#span, error);
    return true;
  }

  #expiry(): Problem {
    if (this.inBatch || this.uncertain) {
      return new Problem(
        'outcome_unknown',
        'The log did not answer in time; the change may have been stored',
        { retryAfter: 1 },
      );
    }
    if (this.conflicts > 0) return new Problem('contended', `Others were faster ${this.conflicts} times`);
    return new Problem('bus_unavailable', 'The log could not be reached in time; nothing was stored', {
      retryAfter: 1,
    });
  }
}
