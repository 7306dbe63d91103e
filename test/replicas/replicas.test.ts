import { describe, expect, test } from 'vitest';
import { judge } from '../chaos/judge/judge.ts';
import type { Entry, Side } from '../chaos/judge/records.ts';
import { atLeast, atMost, conclusion, exactly, only, rowsOfCalls, tableOf, type Row } from './rows.ts';

const START = 1_000_000;
const COUNT = 10;
const END = START + 60_000;

/** A call of ten messages each way, all of which arrive, and that its caller ends. */
function wholeCall(call: string): Entry[] {
  const sides: readonly Side[] = ['caller', 'bot'];
  const all: Entry[] = sides.flatMap((from) => [
    { kind: 'opened', call, side: from, at: START },
    ...(['sent', 'got'] as const).flatMap((kind) =>
      Array.from({ length: COUNT }, (_, sequence) => {
        const hash = `${call} ${from} ${sequence}`;
        return { kind, call, from, sequence, bytes: 100, text: true, hash, at: START + sequence };
      }),
    ),
  ]);
  all.push({ kind: 'hung up', call, side: 'caller', code: 1000, at: END });
  return [...all, ...sides.map((side) => ({ kind: 'ended', call, side, code: 1000, at: END + 5 }) as const)];
}

const failed = (rows: readonly Row[]): string[] => rows.filter(({ ok }) => !ok).map(({ what }) => what);
const isGot = (entry: Entry): boolean => entry.kind === 'got' && entry.from === 'bot' && entry.sequence === 4;

describe('calls', () => {
  test('of which nothing is missing are well', async () => {
    const rows = rowsOfCalls(await judge([...wholeCall('one'), ...wholeCall('two')]), 2);
    expect(failed(rows)).toEqual([]);
    expect(conclusion([{ name: 'scene', rows }])).toMatchObject({ isWell: true });
  });

  test.each<[name: string, plant: (entries: Entry[]) => Entry[], rows: readonly string[]]>([
    [
      'a lost message',
      (all) => all.filter((one) => !isGot(one)),
      ['messages that arrived', 'directions of calls with messages lost'],
    ],
    [
      'a changed message',
      (all) => all.map((one) => (isGot(one) ? ({ ...one, hash: 'x' } as Entry) : one)),
      ['directions of calls with messages changed'],
    ],
    [
      'a message twice',
      (all) => all.flatMap((one) => (isGot(one) ? [one, one] : [one])),
      ['messages that arrived', 'directions of calls with messages duplicated'],
    ],
    [
      'a call that was cut',
      (all) =>
        all
          .filter(({ kind }) => kind !== 'hung up')
          .map((one) => (one.kind === 'ended' ? { ...one, code: 1006 } : one)),
      ['calls cut, or not ended as they should'],
    ],
    [
      'a call refused',
      () => [{ kind: 'refused', call: 'one', status: 503, at: START }],
      ['new calls refused'],
    ],
    ['a call without records', () => [], ['calls, each end in a record']],
  ])('%s fails its row, and the run', async (_, plant, names) => {
    const rows = rowsOfCalls(await judge([...plant(wholeCall('one')), ...wholeCall('two')]), 2);
    expect(failed(rows)).toEqual(names);
    const { isWell, sentence } = conclusion([{ name: 'scene', rows }]);
    expect(isWell).toBe(false);
    expect(sentence).toContain(`scene: ${names[0]}`);
  });
});

describe('a count', () => {
  test.each<[row: Row, ok: boolean, got: string]>([
    [exactly('x', 3, 3), true, '3'],
    [exactly('x', 3, 4), false, '4'],
    [exactly('x', 403, '403'), false, '403'],
    [exactly('x', 0, NaN), false, 'NaN'],
    [atLeast('x', 3, 3), true, '3'],
    [atLeast('x', 3, 2), false, '2'],
    [atLeast('x', 3, NaN), false, 'NaN'],
    [atMost('x', 30, 30, 'ms'), true, '30 ms'],
    [atMost('x', 30, 30.1, 'ms'), false, '30.1 ms'],
    [atMost('x', 30, NaN, 'ms'), false, 'NaN ms'],
    [only('x', 101, 2, [101, 101]), true, '2 x 101'],
    [only('x', 101, 2, [101]), false, '1 x 101'],
    [only('x', 101, 2, [101, 101, 101]), false, '3 x 101'],
    [only('x', 101, 2, [101, 503]), false, '1 x 101, 1 x 503'],
    [only('x', 101, 2, []), false, 'none'],
    [only('x', 101, 0, []), true, '0 x 101'],
  ])('%j is judged', (row, ok, got) => {
    expect(row).toMatchObject({ ok, got });
  });
});

test('a run of which nothing was judged is no good run', () => {
  expect(conclusion([]).isWell).toBe(false);
  expect(conclusion([{ name: 'scene', rows: [] }]).isWell).toBe(false);
});

test('the table has a line for each count, with what was wanted and what was got', () => {
  const rows = [exactly('winners', 10, 10), exactly('others', 70, 69)];
  expect(tableOf([{ name: 'races', rows }]).split('\n')).toEqual([
    'scene | what    | wanted | got | verdict',
    'races | winners | 10     | 10  | ok',
    'races | others  | 70     | 69  | FAILED',
    '',
  ]);
});
