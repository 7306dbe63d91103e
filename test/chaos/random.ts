/** Numbers that a seed repeats. */
export interface Random {
  /** 0 up to, and without, 1. */
  next(): number;
  /** Whole, both ends possible. */
  between(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
  shuffle<T>(items: readonly T[]): T[];
  /** A row of numbers of its own, so that one who draws more does not change what another one draws. */
  fork(name: string): Random;
}

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  /** Mulberry32. @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c (read 2026-11-21) */
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const pick = <T>(items: readonly T[]): T => {
    const item = items[between(0, items.length - 1)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  };
  return {
    next,
    between,
    pick,
    shuffle: (items) =>
      items
        .map((item) => ({ item, at: next() }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ item }) => item),
    fork: (name) => randomOf(Buffer.from(name).reduce((sum, byte) => Math.imul(sum, 31) + byte, seed)),
  };
}
