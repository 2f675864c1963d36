/** What the generator sends, again and again, each time with a new Idempotency-Key. */
export interface Target {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly apiKey: string;
  /** JSON, taken in turn. */
  readonly bodies: readonly string[];
}

/** As many requests as a number of connections can carry, one at a time on each. */
export interface ClosedLoad {
  readonly kind: 'closed';
  readonly connections: number;
  readonly seconds: number;
  /** Under the same load, but not measured. */
  readonly warmUpSeconds: number;
}

/** Requests at a fixed rate, whatever becomes of them: a slow answer does not make the next request later. */
export interface OpenLoad {
  readonly kind: 'open';
  readonly perSecond: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** More than this many at once are refused by the generator, and count as errors. */
  readonly connections: number;
}

export interface LoadResult {
  /** Answers with status 201 within the measured time. */
  readonly accepted: number;
  /** With those before and after the measured time. */
  readonly acceptedInAll: number;
  readonly seconds: number;
  /** Of the accepted ones: until the last byte of the answer, from the request's sending or, at a fixed rate, from its due time. */
  readonly latenciesMs: Float64Array;
  /** Everything else, by status or reason. */
  readonly errors: Readonly<Record<string, number>>;
}

export const errorCount = ({ errors }: Pick<LoadResult, 'errors'>): number =>
  Object.values(errors).reduce((sum, count) => sum + count, 0);

export const perSecond = ({ accepted, seconds }: Pick<LoadResult, 'accepted' | 'seconds'>): number =>
  accepted / seconds;
