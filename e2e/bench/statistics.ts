/** Ascending; what the other functions of this file expect. */
export function sorted(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/** The smallest value that at least `share` (0 to 1) of all values do not exceed; NaN of nothing. */
export function percentile(ascending: ArrayLike<number>, share: number): number {
  const rank = Math.ceil(share * ascending.length);
  return ascending[Math.min(Math.max(rank, 1), ascending.length) - 1] ?? NaN;
}

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: Iterable<number>): number {
  const ascending = sorted(values);
  const middle = ascending.length / 2;
  const upper = ascending[Math.floor(middle)] ?? NaN;
  return Number.isInteger(middle) ? ((ascending[middle - 1] ?? NaN) + upper) / 2 : upper;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** An estimate with the bounds between which the true value lies with 95% confidence; infinite for one sample. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Student's t for 95%, two-sided, by degrees of freedom from 1 on. */
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

function t95(degrees: number): number {
  if (degrees < 1) return Infinity;
  return T95[degrees - 1] ?? 1.96 + 2.5 / degrees;
}

/** The mean of samples from one distribution. */
export function meanInterval(samples: readonly number[]): Interval {
  const value = mean(samples);
  const degrees = samples.length - 1;
  if (degrees < 1) return { value, low: -Infinity, high: Infinity };
  const variance = samples.reduce((sum, sample) => sum + (sample - value) ** 2, 0) / degrees;
  const margin = t95(degrees) * Math.sqrt(variance / samples.length);
  return { value, low: value - margin, high: value + margin };
}

/**
 * How many times `ours` is `theirs`, from pairs measured one right after the other: the geometric mean of the pairs'
 * ratios, so that drift of the machine, which hits both of a pair, cancels out, and A/B is the inverse of B/A.
 */
export function pairedRatio(pairs: readonly { readonly ours: number; readonly theirs: number }[]): Interval {
  const { value, low, high } = meanInterval(pairs.map(({ ours, theirs }) => Math.log(ours / theirs)));
  return { value: Math.exp(value), low: Math.exp(low), high: Math.exp(high) };
}
