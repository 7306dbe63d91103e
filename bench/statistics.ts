/** Middle and ends of what the rounds measured. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Of an even count, the mean of the two in the middle. Throws on an empty list: no figure is better than NaN. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('the median of nothing');
  return (lower + upper) / 2;
}

/** Null when nothing was measured. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** One quotient for each round that measured both: what slows the whole machine down in a round cancels out. */
export function ratios(of: ReadonlyMap<number, number>, to: ReadonlyMap<number, number>): number[] {
  return [...of].flatMap(([round, value]) => {
    const reference = to.get(round);
    return reference ? [value / reference] : [];
  });
}
