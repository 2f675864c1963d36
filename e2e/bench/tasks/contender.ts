/** Somebody who does tasks, measured in turn with others. */
export interface Contender {
  readonly name: string;
  /** How it was set up, in words. */
  readonly about: string;
  /** What works for it, by name. */
  readonly processes: Readonly<Record<string, number>>;
  /** Has so many tasks enqueued and done at the same time; the seconds from the first call until nothing is left. */
  run(tasks: number): Promise<number>;
}

/** Tasks that wait to be stored at the same time: as many callers, each with one at a time. */
export const IN_FLIGHT = 500;
