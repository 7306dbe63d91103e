import type { Verdict, Wrong } from '../chaos/judge/judge.ts';

/** One line of the result. */
export interface Row {
  readonly what: string;
  readonly wanted: string;
  readonly got: string;
  readonly ok: boolean;
}

export function exactly(what: string, wanted: number | string, got: number | string): Row {
  return { what, wanted: String(wanted), got: String(got), ok: wanted === got };
}

/** NaN is never enough. */
export function atLeast(what: string, least: number, got: number): Row {
  return { what, wanted: `${least} or more`, got: String(round(got)), ok: got >= least };
}

/** `unit` such as "ms". NaN, of what was never seen, is too much. */
export function atMost(what: string, most: number, got: number, unit: string): Row {
  return { what, wanted: `${most} ${unit} or less`, got: `${round(got)} ${unit}`, ok: got <= most };
}

/** How many of each, such as statuses of answers: none of them may be anything but `wanted`. */
export function only(
  what: string,
  wanted: number | string | boolean,
  count: number,
  got: readonly unknown[],
): Row {
  const tally = new Map<string, number>();
  for (const one of got) tally.set(String(one), (tally.get(String(one)) ?? 0) + 1);
  const said = [...tally].map(([value, times]) => `${times} x ${value}`).join(', ') || 'none';
  return exactly(what, `${count} x ${wanted}`, count === 0 && tally.size === 0 ? `0 x ${wanted}` : said);
}

const losses: readonly Wrong[] = ['lost', 'changed', 'reordered', 'foreign', 'duplicated'];
const cuts: readonly Wrong[] = ['unexpected end', 'wrong code', 'late end', 'no end'];

/** What became of the calls of a scene, by the records of both ends. `least`: calls there must have been. */
export function rowsOfCalls({ calls, hit, messages, arrived, violations }: Verdict, least: number): Row[] {
  const count = (...wrongs: readonly Wrong[]): number =>
    violations.filter(({ wrong }) => wrongs.includes(wrong)).length;
  return [
    atLeast('calls, each end in a record', least, calls),
    atLeast('messages sent', least, messages),
    // What is on its way to an end that breaks off is lost with it: there, the next rows judge the rest.
    ...(hit === 0 ? [exactly('messages that arrived', messages, arrived)] : []),
    ...losses.map((wrong) => exactly(`directions of calls with messages ${wrong}`, 0, count(wrong))),
    exactly('calls cut, or not ended as they should', 0, count(...cuts)),
    exactly('new calls refused', 0, count('never opened')),
  ];
}

export interface Scene {
  readonly name: string;
  readonly rows: readonly Row[];
}

export function tableOf(scenes: readonly Scene[]): string {
  const lines = scenes.flatMap(({ name, rows }) =>
    rows.map(({ what, wanted, got, ok }) => [name, what, wanted, got, ok ? 'ok' : 'FAILED']),
  );
  const all = [['scene', 'what', 'wanted', 'got', 'verdict'], ...lines];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all.map((line) => line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ') + '\n').join('');
}

/** One sentence on all of them; `isWell` when nothing deviates, and something was judged. */
export function conclusion(scenes: readonly Scene[]): {
  readonly isWell: boolean;
  readonly sentence: string;
} {
  const empty = scenes.filter(({ rows }) => rows.length === 0).map(({ name }) => name);
  const failed = scenes.flatMap(({ name, rows }) =>
    rows.filter(({ ok }) => !ok).map(({ what, wanted, got }) => `${name}: ${what}: ${got}, not ${wanted}`),
  );
  if (scenes.length === 0) return { isWell: false, sentence: 'failed: nothing was played' };
  if (empty.length > 0)
    return { isWell: false, sentence: `failed: nothing was judged in ${empty.join(', ')}` };
  if (failed.length > 0) return { isWell: false, sentence: `failed: ${failed.join('; ')}` };
  return { isWell: true, sentence: 'ok: nothing was lost, and nothing was let in twice' };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
