import fc from 'fast-check';
import type { StoredEvent } from '#eventing/stored-event';
import { close, move, note, open, storedEvent } from './events.ts';
import type { AccountEvent } from './accounts.ts';

export const ACCOUNTS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;

const event: fc.Arbitrary<AccountEvent> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('ann', 'bob').map(open) },
  { weight: 8, arbitrary: fc.integer({ min: -9, max: 9 }).map((amount) => move(amount)) },
  { weight: 2, arbitrary: fc.constant(close()) },
  { weight: 1, arbitrary: fc.constant(note()) },
);

/** Events of a few accounts in any order, with gaps between their sequences, as a log with other subjects gives them. */
export const histories: fc.Arbitrary<readonly StoredEvent[]> = fc
  .array(fc.tuple(fc.constantFrom(...ACCOUNTS), event, fc.integer({ min: 1, max: 3 })), { maxLength: 80 })
  .map((steps) => {
    let seq = 0;
    return steps.map(([account, what, gap]) => storedEvent((seq += gap), account, what));
  });
