import type { Verdict, Wrong } from './judge.ts';

const wrongs: readonly Wrong[] = [
  'lost',
  'changed',
  'reordered',
  'foreign',
  'duplicated',
  'unexpected end',
  'wrong code',
  'late end',
  'no end',
  'never opened',
];

/** Violations spelt out at most. */
const SHOWN = 20;

/** A verdict as a table, and the first violations. */
export function report({ calls, hit, messages, arrived, violations }: Verdict): string {
  const rows: [name: string, count: number][] = [
    ['calls', calls],
    ['calls hit', hit],
    ['messages sent', messages],
    ['messages arrived', arrived],
    ...wrongs.map((wrong): [string, number] => [
      wrong,
      violations.filter((one) => one.wrong === wrong).length,
    ]),
  ];
  const table = rows.map(([name, count]) => `${name.padEnd(18)}${String(count).padStart(10)}`);
  const shown = violations.slice(0, SHOWN).map(({ call, wrong, detail }) => `${call}: ${wrong}: ${detail}`);
  return `${[...table, ...shown].join('\n')}\n`;
}
