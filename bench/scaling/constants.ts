import { z } from 'zod';
import { spread, type Sample } from '../samples.ts';

/** Which figure of the benchmark. */
interface Figure {
  readonly measurement: string;
  readonly load: string;
  readonly contestant: string;
  readonly figure: string;
}

export interface Constant {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly what: string;
  /** Measured by the benchmark, written in the code, recorded from a carrier, cited, or assumed. */
  readonly kind: 'measured' | 'code' | 'recorded' | 'cited' | 'assumed';
  readonly source: string | Figure;
  /** When and where it was measured, and how thoroughly. */
  readonly measured?: string | undefined;
}

const ConstantData: z.ZodType<Constant> = z.strictObject({
  name: z.string(),
  value: z.number().positive(),
  unit: z.string(),
  what: z.string(),
  kind: z.enum(['measured', 'code', 'recorded', 'cited', 'assumed']),
  source: z.union([
    z.string(),
    z.strictObject({ measurement: z.string(), load: z.string(), contestant: z.string(), figure: z.string() }),
  ]),
  measured: z.string().optional(),
});

const Benchmark = z.object({
  machine: z.object({ cpu: z.string(), cores: z.array(z.number()), date: z.string(), node: z.string() }),
  options: z.object({ rounds: z.number(), seconds: z.number(), quick: z.boolean() }),
  samples: z.array(
    z.object({
      measurement: z.string(),
      load: z.string(),
      contestant: z.string(),
      round: z.number(),
      figures: z.record(z.string(), z.number()),
      faults: z.array(z.string()),
      marks: z.array(z.string()),
    }),
  ),
});

export function readConstants(text: string): readonly Constant[] {
  return z.array(ConstantData).parse(JSON.parse(text));
}

/** Gives a constant by name. Throws for one that is not there. */
export type Value = (name: string) => number;

export function valuesOf(constants: readonly Constant[]): Value {
  const all = new Map(constants.map(({ name, value }) => [name, value]));
  return (name) => {
    const value = all.get(name);
    if (value === undefined) throw new TypeError(`there is no constant ${name}`);
    return value;
  };
}

/** The same with what `npm run bench -- --json` measured: medians of its rounds. What it did not measure stays. */
export function remeasured(constants: readonly Constant[], benchmark: string): readonly Constant[] {
  const { machine, options, samples } = Benchmark.parse(JSON.parse(benchmark));
  const run = options.quick ? 'a quick run' : 'a whole run';
  const beside = samples.some(({ marks }) => marks.includes('disturbed')) ? ' on a busy machine' : '';
  const measured = `${machine.date}, ${machine.cores.length} cores of ${machine.cpu}, Node ${machine.node}, ${run}${beside}`;
  return constants.map((constant) => {
    const value = measuredValue(constant, samples);
    return value === null ? constant : { ...constant, value, measured };
  });
}

function measuredValue({ source }: Constant, samples: readonly Sample[]): number | null {
  if (typeof source === 'string') return null;
  const { figure, ...where } = source;
  const median = spread(samples, where, figure)?.median;
  return median === undefined || !(median > 0) ? null : Number(median.toPrecision(3));
}
