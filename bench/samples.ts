import { ratios, spreadOf, type Spread } from './statistics.ts';

/** What one run of one contestant measured. */
export interface Sample {
  /** `relay`, `memory`, … */
  readonly measurement: string;
  /** `600 calls`; a measurement has one table for each. */
  readonly load: string;
  readonly contestant: string;
  readonly round: number;
  /** By name, with the unit in it: `cpu_us_per_msg`. */
  readonly figures: Readonly<Record<string, number>>;
  /** What went wrong, such as `lost 3`. A contestant with one has failed. */
  readonly faults: readonly string[];
  /** What to know about the figures: `saturated`, `generator-limited`. */
  readonly marks: readonly string[];
}

/** Which samples are meant. What is left out may be anything. */
export type Where = Partial<Pick<Sample, 'measurement' | 'load' | 'contestant'>>;

export function select(samples: readonly Sample[], where: Where): Sample[] {
  return samples.filter(
    (sample) =>
      (where.measurement ?? sample.measurement) === sample.measurement &&
      (where.load ?? sample.load) === sample.load &&
      (where.contestant ?? sample.contestant) === sample.contestant,
  );
}

/** A figure by round. `where` means one contestant under one load. */
function byRound(samples: readonly Sample[], where: Where, figure: string): Map<number, number> {
  return new Map(
    select(samples, where).flatMap(({ round, figures }) => {
      const value = figures[figure];
      return value === undefined ? [] : [[round, value]];
    }),
  );
}

export function spread(samples: readonly Sample[], where: Where, figure: string): Spread | null {
  return spreadOf([...byRound(samples, where, figure).values()]);
}

/** A contestant's figure as a multiple of another's in the same round. */
export function ratio(
  samples: readonly Sample[],
  where: Where,
  figure: string,
  reference: string,
): Spread | null {
  const other = byRound(samples, { ...where, contestant: reference }, figure);
  return spreadOf(ratios(byRound(samples, where, figure), other));
}

/** A contestant's figure beyond another's in the same round. */
export function difference(
  samples: readonly Sample[],
  where: Where,
  figure: string,
  reference: string,
): Spread | null {
  const other = byRound(samples, { ...where, contestant: reference }, figure);
  return spreadOf(
    [...byRound(samples, where, figure)].flatMap(([round, value]) => {
      const base = other.get(round);
      return base === undefined ? [] : [value - base];
    }),
  );
}

/** Each fault or mark once, with the number of rounds it came up in where that is not all of them. */
export function remarks(samples: readonly Sample[], where: Where): string[] {
  const rounds = select(samples, where);
  const said = rounds.flatMap(({ faults, marks }) => [
    ...faults.map((fault) => `FAILED: ${fault}`),
    ...marks,
  ]);
  return [...new Set(said)].map((remark) => {
    const count = said.filter((other) => other === remark).length;
    return count === rounds.length ? remark : `${remark} (${count} of ${rounds.length} rounds)`;
  });
}
