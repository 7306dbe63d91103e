/** Numbers from 0 to below 1, the same for the same seed: mulberry32. */
export type Random = () => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random());
}

/** Above this the product of Knuth's method leaves the range of a double. */
const LARGE = 500;

/** How many come when `mean` are to be expected. */
export function poisson(random: Random, mean: number): number {
  if (mean > LARGE) return poisson(random, LARGE) + poisson(random, mean - LARGE);
  const end = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > end; product *= random()) count += 1;
  return count;
}
