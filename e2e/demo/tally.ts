import { percentile } from '../client/percentile.ts';

/** Why rows were refused: a field, what is wrong with its answer, how often, and one of the rows. */
export interface Refusal {
  /** The name of the field; empty where the row as a whole was refused. */
  readonly field: string;
  readonly code: string;
  readonly count: number;
  /** What was said of the example. */
  readonly message: string;
  /** A Complaint ID, or the line where the row has none. */
  readonly example: string;
}

/** What became of the rows, so far. */
export class Tally {
  accepted = 0;
  /** Of the accepted, those that an earlier run had submitted. */
  replayed = 0;
  refused = 0;
  first: string | undefined;
  last: string | undefined;
  readonly #refusals = new Map<string, Refusal>();
  readonly #milliseconds: number[] = [];

  get rows(): number {
    return this.accepted + this.refused;
  }

  accept({ position, replayed, ms }: { position: string; replayed: boolean; ms: number }): void {
    this.accepted++;
    if (replayed) this.replayed++;
    if (this.first === undefined || sequenceOf(position) < sequenceOf(this.first)) this.first = position;
    if (this.last === undefined || sequenceOf(position) > sequenceOf(this.last)) this.last = position;
    this.#milliseconds.push(ms);
  }

  /** Counts one row, whatever the number of its problems. */
  refuse(
    problems: readonly { field: string; code: string; message: string }[],
    example: string,
    ms?: number,
  ): void {
    this.refused++;
    if (ms !== undefined) this.#milliseconds.push(ms);
    // A field that lists the same problem for two of its values has it once.
    const distinct = new Map(problems.map((problem) => [`${problem.field} ${problem.code}`, problem]));
    for (const [key, problem] of distinct) {
      const known = this.#refusals.get(key);
      this.#refusals.set(
        key,
        known ? { ...known, count: known.count + 1 } : { ...problem, count: 1, example },
      );
    }
  }

  /** The most frequent first. */
  get refusals(): readonly Refusal[] {
    return [...this.#refusals.values()].sort((a, b) => b.count - a.count);
  }

  /** Milliseconds that `share` of the answers did not exceed. */
  ms(share: number): number {
    return percentile(this.#milliseconds, share);
  }
}

/** Positions of one run are of one epoch: `<epoch>.<sequence>`. */
const sequenceOf = (position: string): number => Number(position.slice(position.lastIndexOf('.') + 1));
