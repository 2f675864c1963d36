import type { Freshness } from '#contracts/rpc';
import { formatPosition } from '#eventing/position';
import type { CheckpointNotice } from './notice.ts';

/** What a reader knows of the generation that it reads, and since when. */
export interface Sight {
  readonly generation: string;
  readonly epoch: string;
  readonly seq: number;
  readonly state: Freshness['state'];
  /** As of `at`. */
  readonly ageSeconds: number;
  /** Milliseconds on the monotonic clock. */
  readonly at: number;
}

/** For so long a notice is taken for the present; the holder sends one every second. */
const NOTICE_MS = 3000;

/** The newest notice of one projection, as long as it can be believed. Pure but for the clock that is passed in. */
export class Notices {
  #last: { readonly token: number; readonly sight: Sight } | undefined;

  /** The notice is passed over when another holder, with a later lease, has been heard lately. */
  hear(notice: CheckpointNotice, now: number): void {
    const { token, ...said } = notice;
    const last = this.#last;
    const current = last !== undefined && now - last.sight.at <= NOTICE_MS;
    if (current && token < last.token) return;
    this.#last = { token, sight: { ...said, at: now } };
  }

  latest(now: number): Sight | undefined {
    const sight = this.#last?.sight;
    return sight !== undefined && now - sight.at <= NOTICE_MS ? sight : undefined;
  }
}

export function freshnessOf({ epoch, seq, state, ageSeconds, at }: Sight, now: number): Freshness {
  const since = state === 'live' ? 0 : (now - at) / 1000;
  return {
    position: formatPosition(epoch, seq),
    ageSeconds: ageSeconds + since,
    state,
  };
}
