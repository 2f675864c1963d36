import { z } from 'zod';
import { Problem } from '#contracts/errors';
import type { DeadLetters, LetterFilter } from '#eventing/dead-letters';
import { Instant } from '../http/instant.ts';

/** What dead letters are asked for by, in lists and in what is done to many. */
export const CONDITIONS = {
  kind: z.string().min(1).max(64).optional().meta({ description: 'Of tasks: their kind' }),
  durable: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'The durable consumer that gave them up' }),
  error: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: "Part of the error's name or message, in any case of letters" }),
  since: Instant.optional().meta({ description: 'Given up at that instant or later' }),
};

const LetterId = z.string().regex(/^[1-9][0-9]{0,15}$/, 'Is not the id of a dead letter.');

export const LetterPath = z.object({ letter: LetterId });

const MOST = 1000;

/** Letters by their ids, or those that satisfy conditions: one of the two must be said. */
export const SELECTION = {
  ids: z.array(LetterId).min(1).max(MOST).optional().meta({ description: 'These; instead of conditions' }),
  ...CONDITIONS,
  limit: z
    .int()
    .min(1)
    .max(MOST)
    .default(100)
    .meta({ description: 'Of those that satisfy the conditions, the newest so many' }),
};

export type Selection = z.infer<z.ZodObject<typeof SELECTION>>;

/** What came of doing something to many. */
export interface Dealt {
  /** Letters that it was done to. */
  readonly done: number;
  /** Letters that satisfy the conditions still. */
  readonly remaining: number;
}

/**
 * Does the same to every selected letter. One that somebody else has dealt with in the meantime is passed over.
 *
 * @throws Problem `bad_request` for a selection of everything or of two kinds; what `act` throws, when the letters before
 * have been dealt with
 */
export async function dealWith(
  letters: DeadLetters,
  selection: Selection,
  act: (id: string) => Promise<void>,
): Promise<Dealt> {
  const { ids, limit, ...filter } = selection;
  const hasConditions = Object.values(filter).some((condition) => condition !== undefined);
  if ((ids === undefined) !== hasConditions) throw ambiguous(hasConditions);
  if (ids !== undefined) return { done: await letters.eachOf(ids, act), remaining: 0 };
  const { done } = await letters.each(filter, limit, act);
  return { done, remaining: await countOf(letters, filter) };
}

const ambiguous = (both: boolean): Problem =>
  new Problem(
    'bad_request',
    both
      ? 'Give either ids or conditions, not both.'
      : 'Give ids, or at least one of kind, durable, error and since.',
  );

async function countOf(letters: DeadLetters, filter: LetterFilter): Promise<number> {
  let count = 0;
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const page = await letters.list(filter, { limit: MOST, cursor });
    count += page.items.length;
    cursor = page.next;
  }
  return count;
}
