import { HAPROXY, NGINX, NGINX_AUTH, NODE_PROXIES, OURS, OURS_PLAIN, OURS_TOKEN } from './contestants.ts';
import { ratio, select, spread, type Sample, type Where } from './samples.ts';
import type { Spread } from './statistics.ts';
import { cell, markdown } from './tables.ts';

export interface Goal {
  readonly what: string;
  readonly wanted: string;
  /** Null: not measured, or the figure is none. */
  readonly measured: Spread | null;
  readonly verdict: 'met' | 'not met' | 'not measured';
  readonly digits: number;
}

const AT_600 = { measurement: 'relay', load: '600 calls' };
const COST = 'cpu_us_per_msg';

/** What the gateway is held to, judged by medians. */
export function goals(samples: readonly Sample[]): Goal[] {
  const over = (where: Where, figure: string, reference: string): Spread | null =>
    isSound(samples, where) && isSound(samples, { ...where, contestant: reference })
      ? ratio(samples, where, figure, reference)
      : null;
  const ours = { ...AT_600, contestant: OURS };
  const atMost = (what: string, measured: Spread | null, limit: number, digits = 2): Goal =>
    goal(what, `≤ ${limit}`, { measured, digits, isMet: (value) => value <= limit });
  return [
    atMost('CPU per message at 600 calls, × nginx', over(ours, COST, NGINX), 1.2),
    atMost('CPU per message at 600 calls, × HAProxy', over(ours, COST, HAPROXY), 1.1),
    // Under the same flags of Node as theirs.
    ...NODE_PROXIES.map((name) =>
      goal(`CPU per message at 600 calls, plain node, × ${name}`, '< 1', {
        measured: over({ ...AT_600, contestant: OURS_PLAIN }, COST, name),
        digits: 2,
        isMet: (value) => value < 1,
      }),
    ),
    atMost('p99 at 600 calls, × nginx', over(ours, 'p99_ms', NGINX), 3),
    nothingLost(samples),
    atMost('RSS KiB per idle call', memoryOf(samples), 40, 1),
    goal('connecting with a one-time token, × nginx with auth_request', '≥ 1', {
      measured: over({ measurement: 'connect', contestant: OURS_TOKEN }, 'cycles_per_s', NGINX_AUTH),
      digits: 2,
      isMet: (value) => value >= 1,
    }),
  ];
}

function goal(
  what: string,
  wanted: string,
  { measured, digits, isMet }: Pick<Goal, 'measured' | 'digits'> & { isMet: (median: number) => boolean },
): Goal {
  const verdict = measured === null ? 'not measured' : isMet(measured.median) ? 'met' : 'not met';
  return { what, wanted, measured, verdict, digits };
}

/** A run with a fault has no cost, and neither has a saturated one: that is 1 / rate. */
function isSound(samples: readonly Sample[], where: Where): boolean {
  const runs = select(samples, where);
  const isRelay = where.measurement === 'relay';
  return runs.every(({ faults, marks }) => faults.length === 0 && !(isRelay && marks.includes('saturated')));
}

function memoryOf(samples: readonly Sample[]): Spread | null {
  const where = { measurement: 'memory', contestant: OURS };
  return isSound(samples, where) ? spread(samples, where, 'rss_kib_per_call') : null;
}

function nothingLost(samples: readonly Sample[]): Goal {
  const runs = select(samples, { measurement: 'relay', load: '1000 calls', contestant: OURS });
  const failed = runs.filter(({ faults }) => faults.length > 0).length;
  const measured = runs.length === 0 ? null : { median: failed, min: failed, max: failed };
  return goal('runs at 1,000 calls with anything lost, corrupt, refused or dropped', '0', {
    measured,
    digits: 0,
    isMet: (value) => value === 0,
  });
}

export function goalsTable(list: readonly Goal[]): string {
  return markdown([
    ['goal', 'wanted', 'measured', 'verdict'],
    ...list.map(({ what, wanted, measured, verdict, digits }) => [
      what,
      wanted,
      cell(measured, digits),
      verdict,
    ]),
  ]);
}
