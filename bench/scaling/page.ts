import { markdown } from '../tables.ts';
import { valuesOf, type Constant, type Value } from './constants.ts';
import {
  burialSeconds,
  cellSize,
  gatewayCores,
  limits,
  mediaOf,
  reachedAt,
  redisLoads,
  redisMemory,
  sizeOf,
  type Size,
} from './model.ts';
import { redisScenarios, scenarios } from './scenarios.ts';

export const SIZES: readonly number[] = [10_000, 100_000, 1_000_000];
/** Above it a replica has as many calls as below, and one Redis is too little, as the other tables say. */
const MOST_SIMULATED = 100_000;

/** What an operator reads. */
export function simulation(constants: readonly Constant[]): string {
  const of = valuesOf(constants);
  const sizes = SIZES.map((calls) => sizeOf(calls, of));
  return [
    needsTable(sizes, of),
    `### What is reached first\n\n${limitsTable(sizes, of)}`,
    `### What keeps Redis busy, as a share of its one thread\n\n${redisTable(sizes, of)}`,
    `### Waiting for Redis, simulated\n\n${queueTable(sizes, of)}`,
    `### Replicas, simulated\n\n${callsTable(sizes, of)}`,
  ].join('\n\n');
}

/** The page with another text between its markers. Throws when it has none. */
export function withPart(page: string, part: 'simulation' | 'constants', text: string): string {
  const [first, last] = [
    `<!-- ${part}: begin, written by npm run scaling -- --write -->`,
    `<!-- ${part}: end -->`,
  ];
  const [begin, end] = [page.indexOf(first), page.indexOf(last)];
  if (begin === -1 || end < begin)
    throw new Error(`the page has no place for the ${part}: ${first} … ${last}`);
  return `${page.slice(0, begin + first.length)}\n\n${text.trim()}\n\n${page.slice(end)}`;
}

const GIB = 1024 ** 3;

function head(sizes: readonly Size[]): string[] {
  return ['', ...sizes.map(({ calls }) => `${written(calls)} calls`)];
}

function needsTable(sizes: readonly Size[], of: Value): string {
  const media = mediaOf(of);
  const most = Number(cellSize(of).toPrecision(2));
  const sum = (size: Size, figure: 'requests' | 'out' | 'cores'): number =>
    redisLoads(size, of).reduce((total, load) => total + load[figure], 0);
  const memory = (size: Size): number =>
    Object.values(redisMemory(size, of)).reduce((total, bytes) => total + bytes, 0);
  const rows: readonly (readonly [string, (size: Size) => string])[] = [
    [
      'calls that begin a second; in a burst',
      ({ perSecond }) => `${written(perSecond)}; ${written(perSecond * of('burstFactor'))}`,
    ],
    [
      'replicas; their cores busy',
      (size) => {
        const { relay, setup } = gatewayCores(size, of);
        return `${written(size.replicas)}; ${written(relay + setup)}`;
      },
    ],
    ['gateways: memory of calls, GiB', ({ calls }) => written((calls * of('callMemory')) / 1024 ** 2)],
    ['bots', ({ bots }) => written(bots)],
    ['audio in, Gbit/s (as much goes out)', ({ calls }) => written((calls * media.in * 8) / 1e9)],
    ['packets in and out a second', ({ calls }) => written(calls * media.packets)],
    ['Redis: requests a second', (size) => written(sum(size, 'requests'))],
    ['Redis: share of its one thread', (size) => share(sum(size, 'cores'))],
    ['Redis: sends, Mbit/s', (size) => written((sum(size, 'out') * 8) / 1e6)],
    ['Redis: memory, GiB', (size) => written(memory(size) / GIB)],
    [
      '… calls; ended ones; bots of each replica',
      (size) => {
        const { live, waiting, ended, bots } = redisMemory(size, of);
        return [live + waiting, ended, bots].map((bytes) => written(bytes / GIB)).join('; ');
      },
    ],
    [
      'a dead replica: seconds until its burial; ms of it',
      (size) => `${written(of('lease') + 2 * of('beat'))}; ${ms(burialSeconds(size, of))}`,
    ],
    [
      'conntrack entries, ten replicas on a host',
      ({ calls, replicas }) => share((10 * 2 * calls) / replicas / of('conntrackMax')),
    ],
    [`clusters, each of ${written(most)} calls at most`, ({ calls }) => written(Math.ceil(calls / most))],
  ];
  return markdown([head(sizes), ...rows.map(([what, value]) => [what, ...sizes.map(value)])]);
}

function redisTable(sizes: readonly Size[], of: Value): string {
  const loads = sizes.map((size) => redisLoads(size, of));
  const rows = (loads[0] ?? []).map(({ what }, row) => [
    what,
    ...loads.map((list) => share(list[row]?.cores ?? 0)),
  ]);
  return markdown([head(sizes), ...rows]);
}

function limitsTable(sizes: readonly Size[], of: Value): string {
  const all = limits(of).map((limit) => ({ ...limit, at: reachedAt(limit, of) }));
  const rows = all
    .filter(({ at }) => at <= Math.max(...SIZES))
    .toSorted((one, other) => one.at - other.at)
    .map(({ what, at, used }) => [
      what,
      written(Number(at.toPrecision(2))),
      ...sizes.map((size) => share(used(size))),
    ]);
  const [, ...columns] = head(sizes);
  return markdown([['', 'reached at, calls', ...columns], ...rows]);
}

function queueTable(sizes: readonly Size[], of: Value): string {
  const rows = sizes
    .filter(({ calls }) => calls <= MOST_SIMULATED)
    .flatMap((size) =>
      redisScenarios(size, of).map(({ what, result, isLate }) => [
        `${written(size.calls)} calls: ${what}`,
        share(result.utilisation),
        ms(result.p99Wait),
        ms(result.mostWait),
        isLate ? 'yes' : 'no',
      ]),
    );
  return markdown([['', 'busy', 'p99 ms', 'most ms', 'over 300 ms'], ...rows]);
}

function callsTable(sizes: readonly Size[], of: Value): string {
  const rows = sizes
    .filter(({ calls }) => calls <= MOST_SIMULATED)
    .flatMap((size) =>
      scenarios(size, of).map(({ what, result }) => [
        `${written(size.calls)} calls: ${what}`,
        written(result.mostPerReplica),
        share((result.mostPerReplica * 2 * of('messagesPerSecond') * of('relayCpu')) / 1e6),
        written(result.mostPerSecondAtOne),
        written(result.mostReplicas),
        written(result.lost),
      ]),
    );
  const columns = ['', 'most calls at one', 'its core', 'most begin there in 1 s', 'replicas', 'calls lost'];
  return markdown([columns, ...rows]);
}

/** Headings, and the kinds below each. */
const KINDS: readonly (readonly [title: string, kinds: readonly Constant['kind'][]])[] = [
  ['In the code (redis: gateway/sessions/redis)', ['code']],
  ['Recorded and cited', ['recorded', 'cited']],
  ['Assumed: change these to what you have', ['assumed']],
];

/** Where every number is from: measured ones by run, the others by kind. */
export function appendix(constants: readonly Constant[]): string {
  const runs = [...new Set(constants.flatMap(({ measured }) => measured ?? []))];
  const parts: readonly (readonly [title: string, of: readonly Constant[]])[] = [
    ...runs.map((run) => [`Measured: ${run}`, constants.filter(({ measured }) => measured === run)] as const),
    ...KINDS.map(([title, kinds]) => [title, constants.filter(({ kind }) => kinds.includes(kind))] as const),
  ];
  return parts.map(([title, list]) => `### ${title}\n\n${constantsTable(list)}`).join('\n\n');
}

function constantsTable(constants: readonly Constant[]): string {
  const rows = constants.map(({ name, value, unit, what, source }) => {
    const row = [`\`${name}\``, `${written(value)} ${unit}`, what];
    return typeof source === 'string' && source !== 'assumed' ? [...row, source] : row;
  });
  const columns = ['name', 'value', 'what', 'source'];
  const width = Math.max(...rows.map((row) => row.length));
  return markdown([columns.slice(0, width), ...rows.map((row) => [...row, ''].slice(0, width))]);
}

const ms = (seconds: number): string => written(seconds * 1000);

/** Three digits are all that such figures have. */
export function written(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(4, digits) });
}

function share(value: number): string {
  return `${written(value * 100)} %`;
}
