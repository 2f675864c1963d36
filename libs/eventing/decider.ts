import type { DomainEvent } from '#contracts/event';

/**
 * One aggregate's behaviour as three pure things. Time, ids and randomness come in with the command: `decide` runs
 * again when somebody else was faster.
 */
export interface Decider<Command, State, Event extends DomainEvent> {
  readonly initial: State;
  /** What happens, or throws a `Problem`; nothing at all says that the command was done before (a replay). */
  decide(command: Command, state: State, context: DecideContext): readonly Event[];
  /** Never changes the state that it is given. */
  evolve(state: State, event: Event): State;
}

export interface DecideContext {
  /**
   * HMAC-SHA-256 (base64url) under a key derived from the aggregate's data key, so that hashes in the log can't be
   * guessed back once the key is destroyed. Throws for aggregates without a data key.
   */
  mac(value: string): string;
}
