import { expect } from '@jest/globals';
import type { ErrorCode, Problem } from '#contracts/errors';
import type { DomainEvent } from '#contracts/event';
import type { DecideContext, Decider } from '#eventing/decider';

/** A context whose MACs are plain text, so that specs can say what they expect. */
export const context: DecideContext = { mac: (value) => `mac(${value})` };

interface Outcome<Event> {
  then(...events: readonly Event[]): void;
  thenNothing(): void;
  /** @returns the problem, for a closer look */
  thenProblem(code: ErrorCode): Problem;
}

/** given(decider, ...history).when(command).then(...events): how every decider's spec reads. */
export function given<Command, State, Event extends DomainEvent>(
  decider: Decider<Command, State, Event>,
  ...history: readonly Event[]
): { when(command: Command): Outcome<Event> } {
  const state = history.reduce((folded, event) => decider.evolve(folded, event), decider.initial);
  return {
    when: (command) => ({
      then: (...events) => {
        expect(decider.decide(command, state, context)).toEqual(events);
      },
      thenNothing: () => {
        expect(decider.decide(command, state, context)).toEqual([]);
      },
      thenProblem: (code) => {
        try {
          decider.decide(command, state, context);
        } catch (error) {
          expect(error).toMatchObject({ code });
          return error as Problem;
        }
        throw new Error(`nothing was refused; expected ${code}`);
      },
    }),
  };
}
