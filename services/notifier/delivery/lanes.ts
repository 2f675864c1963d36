import { LRUCache } from 'lru-cache';

/** Lanes whose last retry is remembered; some hundred bytes each. */
const REMEMBERED = 1_000;

/** A lane in which an event waits for a retry: what comes behind it is not sent. */
interface Block {
  /** The event that waits. */
  seq: number;
  /** Up to here the lane's later events were seen, and left for when it goes on. */
  seenUpTo: number;
}

/**
 * The order of an ordered endpoint: what happens to one submission is one lane. While an event of a lane waits for its
 * retry, later ones are only noted by how far they go: they lie in the log, and are read from there when it goes on.
 */
export class Lanes {
  readonly #busy = new Set<string>();
  readonly #blocked = new Map<string, Block>();
  /** Of lanes that have gone on: up to where they did. */
  readonly #gone = new LRUCache<string, number>({ max: REMEMBERED });

  /** Whether something of the lane is under way. */
  isBusy(lane: string): boolean {
    return this.#busy.has(lane);
  }

  enter(lane: string): void {
    this.#busy.add(lane);
  }

  leave(lane: string): void {
    this.#busy.delete(lane);
  }

  /** The event that a lane waits for; undefined when it waits for none. */
  waitsFor(lane: string): number | undefined {
    return this.#blocked.get(lane)?.seq;
  }

  /** An event waits for a retry from here on. */
  block(lane: string, seq: number): void {
    const block = this.#blocked.get(lane);
    if (block === undefined) this.#blocked.set(lane, { seq, seenUpTo: seq });
    else block.seq = seq;
  }

  /** Whether an event must wait behind another one of its lane; then it is noted. */
  holdsBack(lane: string, seq: number): boolean {
    const block = this.#blocked.get(lane);
    if (block === undefined) return false;
    block.seenUpTo = Math.max(block.seenUpTo, seq);
    return true;
  }

  /** What another process has seen before: everything up to a sequence. */
  sawAll(upTo: number): void {
    for (const block of this.#blocked.values()) block.seenUpTo = Math.max(block.seenUpTo, upTo);
  }

  /** The stretch of the log that a lane still has to send: behind the first, up to the second. */
  rest(lane: string): { after: number; upTo: number } | undefined {
    const block = this.#blocked.get(lane);
    return block && { after: block.seq, upTo: block.seenUpTo };
  }

  /** Nothing waits any more up to a sequence; false when more has been seen meanwhile. */
  unblock(lane: string, upTo: number): boolean {
    const block = this.#blocked.get(lane);
    if (block !== undefined && block.seenUpTo > upTo) {
      block.seq = upTo;
      return false;
    }
    this.#blocked.delete(lane);
    this.#gone.set(lane, Math.max(upTo, this.#gone.get(lane) ?? 0));
    return true;
  }

  /** Whether a lane is known to have gone on behind an event. */
  hasPassed(lane: string, seq: number): boolean {
    return (this.#gone.get(lane) ?? 0) >= seq;
  }
}
