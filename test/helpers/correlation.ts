/** Correlation of two signals, the second one `lag` samples later: 1 for the same, about 0 for strangers. */
export function correlation(a: Int16Array, b: Int16Array, lag: number): number {
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let index = 0; index + lag < b.length && index < a.length; index += 1) {
    const x = a[index]!;
    const y = b[index + lag]!;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/** The lag, in samples up to `longest`, at which two signals are most alike, and how much. */
export function bestMatch(
  a: Int16Array,
  b: Int16Array,
  longest: number,
): { readonly lag: number; readonly likeness: number } {
  let best = { lag: 0, likeness: -1 };
  for (let lag = 0; lag <= longest; lag += 1) {
    const likeness = correlation(a, b, lag);
    if (likeness > best.likeness) best = { lag, likeness };
  }
  return best;
}
