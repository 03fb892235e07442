/** The median, or the mean of the two middle numbers; NaN without numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[middle] ?? NaN;
  return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** The value that this share of the numbers, such as 0.99, does not exceed; NaN without numbers. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? NaN;
}

/** A value measured in a round. */
export interface InRound {
  readonly round: number;
  readonly value: number;
}

/**
 * The median of the ratios of `values` to `reference`, round by round, so that a temporarily slow machine is slow for
 * both; NaN where no round has both.
 */
export function medianRatio(values: readonly InRound[], reference: readonly InRound[]): number {
  const divisors = new Map(reference.map(({ round, value }) => [round, value]));
  return median(
    values.flatMap(({ round, value }) => {
      const divisor = divisors.get(round);
      return divisor === undefined ? [] : [value / divisor];
    }),
  );
}
