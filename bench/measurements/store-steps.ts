import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate, type Bench } from '../bench.ts';
import { pathOf, POOL_AGENT, POOL_SIZE, TOKEN_AGENT, type Hookswitch } from '../hookswitch.ts';
import type { BenchRedis } from '../redis.ts';
import { select } from '../samples.ts';
import type { figuresOf, Report } from '../wsload.ts';
import { startSessions } from './connect.ts';
import { ask } from './webhook.ts';

/** A gateway, and where it keeps its sessions. */
export interface Kept {
  readonly contestant: string;
  readonly round: number;
  readonly gateway: Hookswitch;
  readonly redis: BenchRedis | null;
}

/** Seconds. */
export interface Window {
  readonly warm: number;
  readonly seconds: number;
}

/** One thing that is asked of a gateway, as fast as it answers. */
export interface Step {
  /** Also when it is only about whether everything works. */
  readonly isQuick: boolean;
  readonly load: string;
  /** Figures by the names that the report has for them. */
  readonly figures: Parameters<typeof figuresOf>[1];
  /** Named in the report: how many there were, warming up included. */
  readonly count: string;
  /** Everything before what is measured. */
  readonly prepare: (bench: Bench, kept: Kept, window: Window) => Promise<() => Promise<Report>>;
}

export const START = '/start';
export const WEBHOOK = 'webhook of Twilio';
export const CONNECT = 'upgrade with token, dial, first echo, close';
export const CONNECT_POOL: string = `the same with a seat at one of ${POOL_SIZE} bots`;
export const WHOLE = 'a whole call with a seat: webhook, upgrade, dial, first echo, close';

export const at = (what: string, parallel: number): string => `${what}: ${parallel} at a time`;

export const STEPS: readonly Step[] = [
  asking(START, 'start', 1),
  asking(START, 'start', 16),
  asking(WEBHOOK, 'webhook', 16),
  connecting(CONNECT, TOKEN_AGENT, 1),
  connecting(CONNECT, TOKEN_AGENT, 32),
  connecting(CONNECT_POOL, POOL_AGENT, 32),
];

function asking(what: string, kind: 'start' | 'webhook', parallel: number): Step {
  return {
    load: at(what, parallel),
    isQuick: parallel > 1,
    count: 'count',
    figures: {
      per_s: ['per_s', 1],
      cpu_us: ['cpu_us_per_request', 1],
      p50_ms: ['latency_us.p50', 1e-3],
      p99_ms: ['latency_us.p99', 1e-3],
    },
    prepare:
      async (bench, { gateway }, { warm, seconds }) =>
      () =>
        ask(bench, gateway, kind, parallel, seconds, warm),
  };
}

function connecting(what: string, agent: string, parallel: number): Step {
  return {
    load: at(what, parallel),
    isQuick: agent === POOL_AGENT,
    count: 'cycles',
    figures: {
      per_s: ['cycles_per_s', 1],
      cpu_us: ['cpu_us_per_cycle', 1],
      p50_ms: ['first_echo_us.p50', 1e-3],
      p99_ms: ['first_echo_us.p99', 1e-3],
    },
    async prepare(bench, kept, { warm, seconds }) {
      const paths = join(bench.folder, 'paths');
      const tokens = await startSessions(
        kept.gateway,
        tokensFor(bench, kept, parallel, warm + seconds),
        agent,
      );
      writeFileSync(paths, tokens.map((token) => `${pathOf(agent)}/${token}\n`).join(''));
      const { port, running } = kept.gateway;
      const args = { '-n': parallel, '-w': warm, '-d': seconds, '-u': paths };
      const to = { port, path: pathOf(agent), pids: running.pids() };
      return () => generate(bench, 'connect', args, to);
    },
  };
}

/** A call is not connected faster than one is started. */
function tokensFor(
  { samples, options }: Bench,
  { contestant, round }: Kept,
  parallel: number,
  seconds: number,
): number {
  const where = { measurement: 'store', load: at(START, parallel > 1 || options.quick ? 16 : 1), contestant };
  const started = select(samples, where).find((sample) => sample.round === round)?.figures['per_s'] ?? 0;
  return Math.ceil(1.3 * started * (seconds + 0.5)) + 1000;
}
