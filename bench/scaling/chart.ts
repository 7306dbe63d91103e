import type { Value } from './constants.ts';
import { mediaOf, redisLoads, sizeOf } from './model.ts';

interface Curve {
  readonly title: string;
  readonly at: (calls: number) => number;
}

const [WIDTH, HEIGHT] = [760, 360];
const [LEFT, RIGHT, TOP, BOTTOM] = [100, 180, 44, 40];
const [FROM, TO] = [1000, 1_000_000];
const [LOW, HIGH] = [0.001, 100_000_000];
/** Between two lines of text. */
const LINE = 17;

/** Replicas, requests to Redis, its one thread and bandwidth, against calls; both axes logarithmic. */
export function chart(of: Value): string {
  const sum = (calls: number, figure: 'requests' | 'cores'): number =>
    redisLoads(sizeOf(calls, of), of).reduce((total, load) => total + load[figure], 0);
  const curves: readonly Curve[] = [
    { title: 'replicas', at: (calls) => sizeOf(calls, of).replicas },
    { title: 'Redis, requests/s', at: (calls) => sum(calls, 'requests') },
    { title: 'Redis, cores wanted', at: (calls) => sum(calls, 'cores') },
    { title: 'audio in, Gbit/s', at: (calls) => (calls * mediaOf(of).in * 8) / 1e9 },
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="13">
<title>Replicas, requests to Redis, its one thread and bandwidth against calls</title>
<style>text{fill:#24292f}.grid{stroke:#8c959f;stroke-width:.5;opacity:.5}.curve{fill:none;stroke-width:2;stroke:#24292f}.c0{stroke:#0969da}.c1{stroke:#8c959f}.c2{stroke:#cf222e}.c3{stroke:#1a7f37}.t0{fill:#0969da}.t2{fill:#cf222e}.t3{fill:#1a7f37}.back{fill:#fff}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.c0{stroke:#4493f8}.c2{stroke:#f85149}.c3{stroke:#3fb950}.t0{fill:#4493f8}.t2{fill:#f85149}.t3{fill:#3fb950}.back{fill:#0d1117}}</style>
<rect class="back" width="100%" height="100%"/>
<text x="8" y="22" font-weight="600">One cluster with one Redis, against calls at once</text>
${grid()}
${curves.map(curveOf).join('\n')}
${labels(curves)}
</svg>
`;
}

function x(calls: number): number {
  return LEFT + (Math.log(calls / FROM) / Math.log(TO / FROM)) * (WIDTH - LEFT - RIGHT);
}

function y(value: number): number {
  const inside = Math.min(HIGH, Math.max(LOW, value));
  return HEIGHT - BOTTOM - (Math.log(inside / LOW) / Math.log(HIGH / LOW)) * (HEIGHT - TOP - BOTTOM);
}

function grid(): string {
  const across = powers(FROM, TO).map((calls) => {
    const at = x(calls).toFixed(1);
    return `<path class="grid" d="M${at} ${TOP}V${HEIGHT - BOTTOM}"/><text x="${at}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${calls.toLocaleString('en')}</text>`;
  });
  const up = powers(LOW, HIGH).map((value) => {
    const at = y(value).toFixed(1);
    return `<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value.toLocaleString('en')}</text>`;
  });
  return [...across, ...up].join('\n');
}

function curveOf({ title, at }: Curve, index: number): string {
  const steps = 40;
  const points = Array.from({ length: steps + 1 }, (_, step) => {
    const calls = FROM * (TO / FROM) ** (step / steps);
    return `${x(calls).toFixed(1)} ${y(at(calls)).toFixed(1)}`;
  });
  return `<path class="curve c${index}" d="M${points.join('L')}"><title>${title}</title></path>`;
}

/** At the end of each curve, and below one another where ends are close. */
function labels(curves: readonly Curve[]): string {
  let free = 0;
  return curves
    .map(({ title, at }, index) => ({ title, index, end: y(at(TO)) + 4 }))
    .toSorted((one, other) => one.end - other.end)
    .map(({ title, index, end }) => {
      const place = Math.max(end, free);
      free = place + LINE;
      return `<text class="t${index}" x="${WIDTH - RIGHT + 8}" y="${place.toFixed(1)}">${title}</text>`;
    })
    .join('\n');
}

function powers(from: number, to: number): number[] {
  const count = Math.round(Math.log10(to / from));
  return Array.from({ length: count + 1 }, (_, power) => Number((from * 10 ** power).toPrecision(1)));
}
