/** What a bench is asked for. */
export interface BenchOptions {
  /** Under a minute for everything, at the price of wider intervals. */
  readonly quick: boolean;
  /** Whether what is compared with Redis is; its ratios are null otherwise. */
  readonly redis: boolean;
  /** Where CPU profiles of the service processes are to be written; they slow down what they profile. */
  readonly profile: string | undefined;
  /** Aborts when the run is to end early; whatever the bench started must be gone when `run` settles. */
  readonly signal: AbortSignal;
  /** Tells a person what goes on; never part of the result. */
  readonly say: (text: string) => void;
}

export interface BenchResult {
  /** Null is what was not measured this time. */
  readonly figures: Readonly<Record<string, number | null>>;
  readonly ratios: Readonly<Record<string, number | null>>;
  /** How it was measured, with what is needed to judge the figures: sizes, seconds, versions, intervals. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What a figure or ratio says, for the table. */
export interface Key {
  readonly text: string;
  readonly unit?: string;
  /** What is to be reached, on 2 cores and 24 GiB. */
  readonly atLeast?: number;
  readonly under?: number;
}

/** One benchmark. `keys` holds every figure and ratio that it gives, in the order of the table. */
export interface Bench {
  readonly name: string;
  readonly describe: string;
  readonly keys: Readonly<Record<string, Key>>;
  run(options: BenchOptions): Promise<BenchResult>;
}
