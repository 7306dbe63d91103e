import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PATH } from './machine.ts';

/** What a generator printed, flat: `rtt_us.p99`. */
export type Report = Readonly<Record<string, number>>;

/** Compiles the load generator. Throws with the cure when there is no C compiler. */
export function compile(root: string, folder: string, path: string = PATH): string {
  const program = join(folder, 'wsload');
  const args = ['-O2', '-std=gnu11', '-o', program, join(root, 'bench/wsload.c')];
  const { error, status, stderr } = spawnSync('cc', args, { encoding: 'utf8', env: { PATH: path } });
  if (error) {
    throw new Error(
      `the load generator is C and "cc" does not run (${error.message}): install a C compiler, such as gcc`,
    );
  }
  if (status !== 0) throw new Error(`bench/wsload.c does not compile: ${stderr}`);
  return program;
}

/** Throws when the text is not one JSON object of numbers, names, and such objects one level down. */
export function readReport(text: string): Report {
  const flat = flatten(JSON.parse(text), '');
  if (Object.keys(flat).length === 0) throw new TypeError('the generator reported nothing');
  return flat;
}

function flatten(value: unknown, prefix: string): Record<string, number> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError('a report is a JSON object');
  }
  const figures: Record<string, number> = {};
  for (const [name, entry] of Object.entries(value)) {
    if (typeof entry === 'number') figures[prefix + name] = entry;
    else if (name !== 'mode') Object.assign(figures, flatten(entry, `${prefix}${name}.`));
  }
  return figures;
}

/** Throws when the report lacks it: a figure that is not there must not count as 0. */
export function figure(report: Report, name: string): number {
  const value = report[name];
  if (value === undefined) throw new TypeError(`the report has no ${name}`);
  return value;
}

/**
 * Figures by the name and scale they have in the report: `{ p99_ms: ['rtt_us.p99', 1e-3] }`. One that is missing throws
 * as well, unless the run had faults: then there may have been nothing to measure.
 */
export function figuresOf(
  report: Report,
  wanted: Readonly<Record<string, readonly [name: string, scale: number]>>,
): Record<string, number> {
  const hasFailed = faultsOf(report).length > 0;
  return Object.fromEntries(
    Object.entries(wanted)
      .filter(([, [name]]) => !hasFailed || name in report)
      .map(([as, [name, scale]]) => [as, figure(report, name) * scale]),
  );
}

const FAULTS = [
  'lost',
  'corrupt',
  'refused',
  'dropped',
  'stuck',
  'ran_out',
  'wrong',
  'let_in',
  'unanswered',
] as const;

/** Whatever must be 0 and is not. */
export function faultsOf(report: Report): string[] {
  const counted = FAULTS.flatMap((name) =>
    report[name] ? [`${name.replace('_', ' ')} ${report[name]}`] : [],
  );
  const { opened, conns } = report;
  if (opened !== undefined && conns !== undefined && opened < conns) {
    counted.push(`${conns - opened} of ${conns} connections not opened`);
  }
  if ('lag_us.p99' in report && !('rtt_us.p99' in report)) counted.push('no echo in the measuring window');
  return counted;
}

/** Cores in use by a relay above which its cost per message is nothing but 1 / rate. */
export const SATURATED = 0.97;

/** Cores that somebody else kept busy: from there on a figure is partly theirs. */
const FOREIGN = 0.15;

/** What makes a figure say less than it seems to. */
export function marksOf(report: Report): string[] {
  const marks: string[] = [];
  if ((report['cpu_cores'] ?? 0) > SATURATED) marks.push('saturated');
  if (isGeneratorLimited(report)) marks.push('generator-limited');
  if ((report['foreign_cores'] ?? 0) > FOREIGN) marks.push('disturbed');
  return marks;
}

/** The generator was so late itself that the tail it measured is half its own. */
export function isGeneratorLimited(report: Report): boolean {
  const { 'lag_us.p99': lag, 'rtt_us.p99': rtt } = report;
  return lag !== undefined && rtt !== undefined && lag > rtt / 2;
}
