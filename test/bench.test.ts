import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chart, panels } from '../bench/chart.ts';
import { DIRECT, HAPROXY, NGINX, OURS, OURS_PLAIN, relays } from '../bench/contestants.ts';
import { goals } from '../bench/goals.ts';
import type { Machine } from '../bench/machine.ts';
import type { main } from '../bench/main.ts';
import { figures, withFigures } from '../bench/page.ts';
import { duration, progress } from '../bench/progress.ts';
import { ratio, remarks, type Sample } from '../bench/samples.ts';
import { median, ratios, spreadOf } from '../bench/statistics.ts';
import { cell, markdown } from '../bench/tables.ts';
import { headroom, judge } from '../bench/verdict.ts';
import { faultsOf, figure, figuresOf, marksOf, readReport } from '../bench/wsload.ts';
import { readXml } from './helpers/read-xml.ts';

/** Runs for minutes: here it is only type-checked. */
export type Main = typeof main;

const root = join(import.meta.dirname, '..');
const machine: Machine = {
  cpu: 'a CPU',
  cores: [0, 1],
  kernel: '6.1',
  node: '20.20.2',
  nginx: '1.22.1',
  haproxy: null,
  redis: '7.0.15',
  maxFiles: 20_000,
  canPin: true,
  date: '2026-11-21',
};

/** Rounds of a contestant at 600 calls. */
function rounds(contestant: string, costs: readonly number[], more: Partial<Sample> = {}): Sample[] {
  return costs.map((cost, index) => {
    const values = { cpu_us_per_msg: cost, p99_ms: cost / 10 };
    const where = { measurement: 'relay', load: '600 calls', contestant, round: index + 1 };
    return { ...where, figures: values, faults: [], marks: [], ...more };
  });
}

describe('figures', () => {
  test.each([
    [[3], 3],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[100, 1, 1], 1],
  ])('the median of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  test('there is no median of nothing', () => {
    expect(() => median([])).toThrow(RangeError);
    expect(spreadOf([])).toBeNull();
  });

  test('a spread keeps the ends', () => {
    expect(spreadOf([2, 9, 1])).toEqual({ median: 2, min: 1, max: 9 });
  });

  test('ratios are taken within a round, and not where one is missing or 0', () => {
    const to = new Map([
      [1, 10],
      [2, 20],
      [4, 0],
    ]);
    expect(
      ratios(
        new Map([
          [1, 11],
          [2, 30],
          [3, 5],
          [4, 5],
        ]),
        to,
      ),
    ).toEqual([1.1, 1.5]);
  });

  test('a ratio of contestants is the median of its rounds, not the ratio of medians', () => {
    const samples = [...rounds(OURS, [10, 40, 12]), ...rounds(NGINX, [10, 20, 10])];
    const where = { measurement: 'relay', load: '600 calls', contestant: OURS };
    expect(ratio(samples, where, 'cpu_us_per_msg', NGINX)).toEqual({ median: 1.2, min: 1, max: 2 });
    expect(ratio(samples, where, 'cpu_us_per_msg', HAPROXY)).toBeNull();
  });
});

describe('what the generator prints', () => {
  test('is read flat', () => {
    const report = readReport('{"mode":"load","lost":0,"rtt_us":{"n":2,"p99":812.5}}\n');
    expect(figure(report, 'rtt_us.p99')).toBe(812.5);
    expect(() => figure(report, 'lag_us.p99')).toThrow('no lag_us.p99');
  });

  test('gives figures in other units; one may be missing only where the run had faults', () => {
    const wanted = { p99_ms: ['rtt_us.p99', 1e-3], cores: ['cpu_cores', 1] } as const;
    expect(figuresOf(readReport('{"rtt_us":{"p99":500},"cpu_cores":1}'), wanted)).toEqual({
      p99_ms: 0.5,
      cores: 1,
    });
    expect(() => figuresOf(readReport('{"cpu_cores":1}'), wanted)).toThrow('no rtt_us.p99');
    expect(figuresOf(readReport('{"cpu_cores":1,"lost":9}'), wanted)).toEqual({ cores: 1 });
  });

  test.each(['', '{}', '[1]', '1', 'null', '{"lost":"0"}', '{"lost":0}{"lost":0}', '{"rtt_us":null}'])(
    'is refused when it is %j',
    (text) => {
      expect(() => readReport(text)).toThrow(/report|JSON/);
    },
  );

  test.each([
    ['{"lost":0,"corrupt":0,"refused":0,"dropped":0,"conns":5,"opened":5}', []],
    ['{"lost":3,"corrupt":1,"refused":0,"dropped":0}', ['lost 3', 'corrupt 1']],
    ['{"refused":2,"dropped":1,"stuck":4}', ['refused 2', 'dropped 1', 'stuck 4']],
    ['{"lag_us":{"p99":1}}', ['no echo in the measuring window']],
    ['{"conns":600,"opened":590}', ['10 of 600 connections not opened']],
    ['{"ran_out":1}', ['ran out 1']],
    ['{"let_in":1,"unanswered":2,"wrong":3}', ['wrong 3', 'let in 1', 'unanswered 2']],
  ])('%s has the faults %j', (text, expected) => {
    expect(faultsOf(readReport(text))).toEqual(expected);
  });

  test.each([
    ['{"cpu_cores":0.97}', []],
    ['{"cpu_cores":0.98}', ['saturated']],
    ['{"rtt_us":{"p99":1000},"lag_us":{"p99":500}}', []],
    ['{"rtt_us":{"p99":1000},"lag_us":{"p99":501}}', ['generator-limited']],
    ['{"foreign_cores":0.15}', []],
    ['{"foreign_cores":0.2}', ['disturbed']],
  ])('%s has the marks %j', (text, expected) => {
    expect(marksOf(readReport(text))).toEqual(expected);
  });
});

describe('a run', () => {
  /** What the generator can do alone, and what was asked of it. */
  const alone = (rate: number, offered: number): Sample[] => [
    ...rounds(DIRECT, [1], { measurement: 'generator', load: 'at most', figures: { msg_per_s: rate } }),
    ...rounds(DIRECT, [1], { figures: { offered_per_s: offered } }),
  ];

  test('stands when nothing was lost and the generator is well faster', () => {
    const samples = [...rounds(OURS, [10]), ...alone(400, 100)];
    expect(headroom(samples, '600 calls')).toBe(4);
    expect(judge(samples, { quick: false })).toEqual({ failed: [], notes: [] });
  });

  test.each([OURS, `${OURS}, one-time token`, DIRECT])(
    'fails when %s lost messages, quick or not',
    (name) => {
      const samples = rounds(name, [10], { faults: ['lost 3'] });
      expect(judge(samples, { quick: false }).failed).toEqual([`relay, 600 calls, round 1: ${name}: lost 3`]);
      expect(judge(samples, { quick: true }).failed).toHaveLength(1);
    },
  );

  test('stands when another relay lost messages, which its row says', () => {
    const samples = rounds('ws to ws', [10, 10], { faults: ['lost 3'] });
    expect(judge(samples, { quick: false }).failed).toEqual([]);
    expect(remarks(samples, {})).toEqual(['FAILED: lost 3']);
    expect(figures(samples, machine, { rounds: 2, seconds: 5, quick: false })).toContain(
      '| FAILED: lost 3 |',
    );
  });

  test('fails when the generator can hardly do what is asked of it', () => {
    const samples = alone(120, 100);
    const [line] = judge(samples, { quick: false }).failed;
    expect(line).toBe('generator and bot by themselves can do only 1.2 times the load of 600 calls');
    expect(judge(samples, { quick: true })).toEqual({ failed: [], notes: [line] });
  });

  test('fails when the generator was late itself in half of the rounds', () => {
    const late = (count: number): Sample[] =>
      rounds(OURS, [10, 10, 10, 10, 10]).map((sample) => {
        return sample.round > count ? sample : { ...sample, marks: ['generator-limited'] };
      });
    expect(judge(late(3), { quick: false }).failed).toEqual([
      `the generator was the limit in relay, 600 calls: ${OURS}`,
    ]);
    expect(judge(late(2), { quick: false }).failed).toEqual([]);
    expect(remarks(late(2), {})).toEqual(['generator-limited (2 of 5 rounds)']);
    const many = late(5).map((sample) => ({ ...sample, load: '1000 calls' }));
    expect(judge(many, { quick: false }).failed).toEqual([]);
  });
});

test('relays that are not installed are left out', () => {
  const names = relays({ nginx: null, haproxy: '2.6' }).map(({ name }) => name);
  expect(names).toEqual([OURS, OURS_PLAIN, HAPROXY, 'http-proxy', 'httpxy', 'ws to ws']);
});

test('a run beside something else says so, and fails when that was half of the rounds', () => {
  const [first, ...others] = rounds(OURS, [10, 10, 10]);
  const disturb = (sample?: Sample): Sample[] => (sample ? [{ ...sample, marks: ['disturbed'] }] : []);
  const once = judge([...disturb(first), ...others], { quick: false });
  expect(once).toEqual({ failed: [], notes: [expect.stringContaining('during 1 of 3 runs')] });
  const all = [...disturb(first), ...others.flatMap(disturb)];
  expect(judge(all, { quick: false }).failed).toEqual([expect.stringContaining('during 3 of 3 runs')]);
  expect(judge(all, { quick: true }).failed).toEqual([]);
});

describe('goals', () => {
  const verdictOf = (samples: readonly Sample[], what: string): string | undefined =>
    goals(samples).find((goal) => goal.what.includes(what))?.verdict;

  test.each([
    [[12, 12, 12], 'met'],
    [[12.1, 12.1, 12], 'not met'],
    [[99, 11, 11], 'met'],
  ])('CPU of %j against 10 is %s', (costs, expected) => {
    expect(verdictOf([...rounds(OURS, costs), ...rounds(NGINX, [10, 10, 10])], '600 calls, × nginx')).toBe(
      expected,
    );
  });

  test('are not measured where a relay is missing, saturated or at fault', () => {
    const ours = rounds(OURS, [10]);
    expect(verdictOf(ours, '× HAProxy')).toBe('not measured');
    expect(verdictOf([...ours, ...rounds(NGINX, [10], { marks: ['saturated'] })], 'calls, × nginx')).toBe(
      'not measured',
    );
    expect(verdictOf([...rounds(OURS, [9], { faults: ['lost 1'] }), ...rounds(NGINX, [10])], '× nginx')).toBe(
      'not measured',
    );
  });

  test('are not met by a run at 1,000 calls that lost one message', () => {
    const run = (faults: string[]): Sample[] => rounds(OURS, [9], { load: '1000 calls', faults });
    expect(verdictOf(run([]), 'lost')).toBe('met');
    expect(verdictOf(run(['lost 1']), 'lost')).toBe('not met');
  });
});

describe('what is written', () => {
  test('a cell has the median and the ends', () => {
    expect(cell({ median: 12.94, min: 12.5, max: 13.4 }, 1)).toBe('12.9 (12.5–13.4)');
    expect(cell({ median: 2345.6, min: 2345.6, max: 2345.6 }, 0)).toBe('2,346');
    expect(cell(null, 1)).toBe('–');
  });

  test('a table is aligned, figures to the right', () => {
    expect(
      markdown([
        ['', 'p99'],
        ['a', '1.5'],
      ]),
    ).toBe('|      |  p99 |\n| ---- | ---: |\n| a    |  1.5 |\n');
  });

  test('figures go between the markers of docs/performance.md, and leave the rest', () => {
    const page = readFileSync(join(root, 'docs/performance.md'), 'utf8');
    const twice = withFigures(page, 'FIGURES');
    expect(twice).toContain('\n\nFIGURES\n\n<!-- figures: end -->');
    expect(withFigures(twice, 'FIGURES')).toBe(twice);
    expect(twice.startsWith(page.slice(0, page.indexOf('<!-- figures')))).toBe(true);
    expect(() => withFigures('no place', 'FIGURES')).toThrow('no place for figures');
  });

  test('the chart is well-formed, has a bar for each contestant, and no bar is wider than the picture', () => {
    const samples = [...rounds('a < b & c', [20, 25, 22]), ...rounds(OURS, [10, 11, 10])];
    const svg = chart(panels(samples));
    const { name, attributes } = readXml(svg);
    expect([name, attributes['viewBox']]).toEqual(['svg', '0 0 760 208']);
    expect(svg.match(/<rect class="(?:bar|ours)"/g)).toHaveLength(4);
    const ends = [...svg.matchAll(/ H?([\d.]+)/g)].map(([, x]) => Number(x));
    expect(Math.max(...ends)).toBeLessThanOrEqual(760);
    expect(() => readXml(chart([]))).not.toThrow();
  });

  test('progress says what is left', () => {
    const lines: string[] = [];
    const { step } = progress(130, (text) => void lines.push(text));
    step('one', 100);
    step('two', 30);
    expect(lines).toEqual(['one (2 min left)\n', 'two (30 s left)\n']);
    expect(duration(0)).toBe('1 s');
  });
});
