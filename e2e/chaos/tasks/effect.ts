import { z } from 'zod';
import { defineEvent, newEvent, type EventOf } from '#contracts/event';
import { subjects } from '#contracts/subjects';
import type { Decider } from '#eventing/decider';
import { idOf, WORKSPACE } from './kinds.ts';

/** The effect of a task: an event in a log, on a subject that follows from the task. */
export const effectHappened = defineEvent({
  name: 'chaos.effect.happened',
  version: 1,
  family: 'form',
  data: z.object({ task: z.string(), attempt: z.int() }),
  summary: 'A task had its effect.',
});

export interface Effect {
  readonly task: string;
  readonly attempt: number;
}

/** Happens once: the second time there is nothing left to decide, and a second append in between is refused. */
export const effectDecider: Decider<Effect, boolean, EventOf<typeof effectHappened>> = {
  initial: false,
  decide: (effect, happened) => (happened ? [] : [newEvent(effectHappened, { ...effect })]),
  evolve: () => true,
};

export const effectSubject = (n: number): string => subjects.form(WORKSPACE, idOf(n));
