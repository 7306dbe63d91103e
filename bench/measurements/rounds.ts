import type { Bench } from '../bench.ts';
import type { Contestant, Entry } from '../contestants.ts';
import type { Sample } from '../samples.ts';
import { faultsOf, marksOf, type Report } from '../wsload.ts';

/** All of them at once, so that rounds can go from one to the next; idle ones cost nothing. */
export async function withAll(
  bench: Bench,
  entries: readonly Entry[],
  use: (contestants: readonly Contestant[]) => Promise<void>,
): Promise<void> {
  const running: Contestant[] = [];
  try {
    for (const entry of entries) running.push(await entry.start(bench));
    await use(running);
  } finally {
    for (const { stop } of running) await stop();
  }
}

/** Of a run that goes as fast as it can: to be saturated is its purpose. */
export function ceilingMarks(report: Report): string[] {
  return marksOf(report).filter((mark) => mark !== 'saturated');
}

/** Keeps a run. What failed is said at once, not only in the table. */
export function record(
  bench: Bench,
  where: Pick<Sample, 'measurement' | 'load' | 'contestant' | 'round'>,
  report: Report,
  figures: Readonly<Record<string, number>>,
  { faults = faultsOf(report), marks = ceilingMarks(report) }: Partial<Pick<Sample, 'faults' | 'marks'>> = {},
): void {
  const { foreign_cores: foreign } = report;
  const all = foreign === undefined ? figures : { ...figures, foreign_cores: foreign };
  bench.samples.push({ ...where, figures: all, faults, marks });
  if (faults.length > 0) {
    bench.progress.say(`${where.contestant}, ${where.load}: FAILED: ${faults.join(', ')}`);
  }
}
