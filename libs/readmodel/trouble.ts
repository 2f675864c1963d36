import { Problem } from '#contracts/errors';
import { AheadOfLog } from '#eventing/reader';
import { Fenced, Superseded } from './checkpoint.ts';
import { CollectionLost } from './collection.ts';
import { isUnavailable } from './database-error.ts';
import { ProjectionHalted, type HaltReason } from './halt.ts';

/** Why a projection does not go on at the moment. */
export interface Trouble {
  /** `waiting`: it goes on by itself when what is away comes back; `halted`: somebody has to look. */
  readonly state: 'waiting' | 'halted';
  readonly reason: string;
  /** The sequence that must be passed for it to be over; 0 when any progress will do. */
  readonly seq: number;
  readonly event?: HaltReason;
}

/** What a failure means. Whatever is not known to pass by itself halts the projection: nobody would hear of it otherwise. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof ProjectionHalted) {
    return { state: 'halted', reason: error.message, seq: error.seq, event: error.reason };
  }
  if (isUnavailable(error)) return { state: 'waiting', reason: 'MongoDB cannot be reached', seq: 0 };
  if (error instanceof Problem && error.code === 'bus_unavailable') {
    return { state: 'waiting', reason: 'the log cannot be reached', seq: 0 };
  }
  const reason = error instanceof Error ? error.message : String(error);
  const passes = [Fenced, Superseded, CollectionLost, AheadOfLog].some((type) => error instanceof type);
  return { state: passes ? 'waiting' : 'halted', reason, seq: 0 };
}
