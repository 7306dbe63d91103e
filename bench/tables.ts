import { NGINX, NGINX_AUTH, OURS, OURS_MEMORY } from './contestants.ts';
import { difference, ratio, remarks, select, spread, type Sample, type Where } from './samples.ts';
import type { Spread } from './statistics.ts';

interface Column {
  readonly title: string;
  readonly figure: string;
  readonly digits: number;
  /** As a multiple of this contestant's, round by round. */
  readonly versus?: string;
  /** Beyond this contestant's, round by round. */
  readonly beyond?: string;
}

/** A measurement's tables: one for each load, one row for each contestant. */
const TABLES: readonly {
  readonly measurement: string;
  readonly title: string;
  readonly columns: readonly Column[];
}[] = [
  {
    measurement: 'relay',
    title: 'Relay',
    columns: [
      { title: 'CPU µs per message', figure: 'cpu_us_per_msg', digits: 1 },
      { title: '× nginx', figure: 'cpu_us_per_msg', digits: 2, versus: NGINX },
      { title: 'p50 ms', figure: 'p50_ms', digits: 2 },
      { title: 'p99 ms', figure: 'p99_ms', digits: 2 },
      { title: 'p99 × nginx', figure: 'p99_ms', digits: 2, versus: NGINX },
      { title: 'cores', figure: 'cpu_cores', digits: 2 },
    ],
  },
  {
    measurement: 'memory',
    title: 'Memory of idle calls',
    columns: [
      { title: 'RSS KiB per call', figure: 'rss_kib_per_call', digits: 1 },
      { title: '× nginx', figure: 'rss_kib_per_call', digits: 2, versus: NGINX },
      { title: 'RSS MiB in all', figure: 'rss_mib', digits: 0 },
      { title: 'opened in s', figure: 'open_s', digits: 1 },
    ],
  },
  {
    measurement: 'connect',
    title: 'Connecting: upgrade, dial, first echo, close',
    columns: [
      { title: 'cycles per second', figure: 'cycles_per_s', digits: 0 },
      { title: '× nginx, auth_request', figure: 'cycles_per_s', digits: 2, versus: NGINX_AUTH },
      { title: 'CPU µs per cycle', figure: 'cpu_us_per_cycle', digits: 0 },
      { title: 'p99 ms', figure: 'p99_ms', digits: 1 },
    ],
  },
  {
    measurement: 'webhook',
    title: 'Signed voice webhooks',
    columns: [
      { title: 'webhooks per second', figure: 'per_s', digits: 0 },
      { title: 'CPU µs per webhook', figure: 'cpu_us_per_request', digits: 0 },
      { title: 'p50 ms', figure: 'p50_ms', digits: 1 },
      { title: 'p99 ms', figure: 'p99_ms', digits: 1 },
    ],
  },
  {
    measurement: 'forged',
    title: 'Live calls beside forged upgrades',
    columns: [
      { title: 'p50 ms', figure: 'p50_ms', digits: 2 },
      { title: 'p99 ms', figure: 'p99_ms', digits: 2 },
      { title: '× without', figure: 'p99_ms', digits: 2, versus: `${OURS}, without` },
      { title: 'cores', figure: 'cpu_cores', digits: 2 },
      { title: 'refused per second', figure: 'refused_per_s', digits: 0 },
      { title: 'RSS growth KiB', figure: 'rss_growth_kib', digits: 0 },
    ],
  },
  {
    measurement: 'store',
    title: 'Session store',
    columns: [
      { title: 'per second', figure: 'per_s', digits: 0 },
      { title: '× memory', figure: 'per_s', digits: 2, versus: OURS_MEMORY },
      { title: 'CPU µs', figure: 'cpu_us', digits: 0 },
      { title: 'p50 ms', figure: 'p50_ms', digits: 2 },
      { title: 'p50, + ms', figure: 'p50_ms', digits: 2, beyond: OURS_MEMORY },
      { title: 'p99 ms', figure: 'p99_ms', digits: 2 },
      { title: 'p99, + ms', figure: 'p99_ms', digits: 2, beyond: OURS_MEMORY },
      { title: 'p99, × memory', figure: 'p99_ms', digits: 2, versus: OURS_MEMORY },
      { title: 'commands', figure: 'redis_commands', digits: 1 },
      { title: 'round trips', figure: 'redis_round_trips', digits: 1 },
      { title: 'bytes to Redis', figure: 'redis_in_bytes', digits: 0 },
      { title: 'bytes from Redis', figure: 'redis_out_bytes', digits: 0 },
      { title: 'Redis CPU µs', figure: 'redis_cpu_us', digits: 1 },
      { title: 'calls per second per core', figure: 'calls_per_core_s', digits: 0 },
      { title: 'bytes waiting', figure: 'waiting_bytes', digits: 0 },
      { title: 'bytes live', figure: 'live_bytes', digits: 0 },
      { title: 'bytes ended', figure: 'ended_bytes', digits: 0 },
      { title: 'bytes kept', figure: 'kept_bytes', digits: 0 },
    ],
  },
  {
    measurement: 'workers',
    title: 'Workers, nothing pinned',
    columns: [
      { title: 'messages per second', figure: 'msg_per_s', digits: 0 },
      { title: '× one worker', figure: 'msg_per_s', digits: 2, versus: `${OURS}, 1 worker` },
      { title: 'cores', figure: 'cpu_cores', digits: 2 },
      { title: 'generator cores', figure: 'generator_cores', digits: 2 },
    ],
  },
];

/** All that was measured, as Markdown: medians, with the smallest and largest round behind them. */
export function tables(samples: readonly Sample[]): string {
  const parts = TABLES.flatMap(({ measurement, title, columns }) => {
    const loads = new Set(select(samples, { measurement }).map(({ load }) => load));
    return [...loads].map(
      (load) => `### ${title}: ${load}\n\n${table(samples, { measurement, load }, columns)}`,
    );
  });
  return parts.join('\n');
}

function table(
  samples: readonly Sample[],
  where: { readonly measurement: string; readonly load: string },
  columns: readonly Column[],
): string {
  const contestants = [...new Set(select(samples, where).map(({ contestant }) => contestant))];
  const rows = contestants.map((contestant) => [
    contestant,
    ...columns.map((column) => cell(valueOf(samples, { ...where, contestant }, column), column.digits)),
    remarks(samples, { ...where, contestant }).join('; '),
  ]);
  const head = ['', ...columns.map(({ title }) => title), 'remarks'];
  // A column nobody has a figure for says nothing.
  const kept = head.flatMap((_, index) =>
    rows.some((row) => row[index] !== '–' && row[index] !== '') ? [index] : [],
  );
  const pick = (row: readonly string[]): string[] => kept.map((index) => row[index] ?? '');
  return markdown([pick(head), ...rows.map(pick)]);
}

function valueOf(
  samples: readonly Sample[],
  where: Where,
  { figure, versus, beyond }: Column,
): Spread | null {
  if (versus !== undefined) return ratio(samples, where, figure, versus);
  if (beyond !== undefined) return difference(samples, where, figure, beyond);
  return spread(samples, where, figure);
}

/** `12.9 (12.5–13.4)`; the ends only where there are several rounds. */
export function cell(value: Spread | null, digits: number): string {
  if (value === null) return '–';
  const [middle, min, max] = [value.median, value.min, value.max].map((number) => written(number, digits));
  return min === max ? `${middle}` : `${middle} (${min}–${max})`;
}

function written(value: number, digits: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The first row is the head, the first column text, the rest figures; aligned as the formatter does. */
export function markdown(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(4, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((text, column) => (isText(head, column) ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    isText(head, column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return `${[line(head), line(rule), ...body.map(line)].join('\n')}\n`;
}

function isText(head: readonly string[], column: number): boolean {
  return column === 0 || ['remarks', 'verdict'].includes(head[column] ?? '');
}
