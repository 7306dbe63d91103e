import { setTimeout as sleep } from 'node:timers/promises';
import { botCounts, generate, WARM, type Bench, type Measurement } from '../bench.ts';
import { OURS } from '../contestants.ts';
import { OPEN_PATH, SINGLE_THREADED, startHookswitch, TOKEN_PATH, type Hookswitch } from '../hookswitch.ts';
import { residentKib } from '../machine.ts';
import { faultsOf, figure, figuresOf, marksOf, type Report } from '../wsload.ts';
import { startSessions } from './connect.ts';
import { record } from './rounds.ts';

const CALLS = 200;
/** Forged upgrades a second: 100,000 a minute. */
const RATE = 1667;

export const QUIET = 'without';
export const FLOODED = 'with forged upgrades';

/** What live calls notice of a flood of upgrades with a forged token, and what gets past the gateway: nothing must. */
export const forged: Measurement = {
  name: 'forged',
  seconds: ({ options }) => options.rounds * 2 * (windowOf(options) + 3),
  async run(bench) {
    const { options, progress } = bench;
    const gateway = await startHookswitch(bench, { flags: [SINGLE_THREADED] });
    try {
      const path = `${TOKEN_PATH}/${forge(await startSessions(gateway, 1))}`;
      // Both for a second, so that no round meets code that never ran.
      await Promise.all([calls(bench, gateway, 1), flood(bench, gateway, path, 2)]);
      for (let round = 1; round <= options.rounds; round += 1) {
        const what = `forged, round ${round} of ${options.rounds}: ${CALLS} calls`;
        progress.step(`${what} alone`, windowOf(options) + 2);
        const quiet = await calls(bench, gateway, windowOf(options));
        keep(bench, { load: QUIET, round }, quiet, {});
        progress.step(`${what} beside ${RATE} forged upgrades a second`, windowOf(options) + 4);
        await flooded(bench, gateway, { path, round });
      }
    } finally {
      await gateway.running.stop();
    }
  },
};

async function flooded(
  bench: Bench,
  gateway: Hookswitch,
  { path, round }: { path: string; round: number },
): Promise<void> {
  const window = windowOf(bench.options);
  const pids = gateway.running.pids();
  const before = { bot: await botCounts(bench.bot), kib: residentKib(pids) };
  const [live, refused] = await Promise.all([
    calls(bench, gateway, window),
    sleep(200).then(() => flood(bench, gateway, path, window + WARM)),
  ]);
  const dials = figure(await botCounts(bench.bot), 'accepted') - figure(before.bot, 'accepted') - CALLS;
  const forbidden = figure(refused, 'forbidden');
  const faults = [
    ...faultsOf(live),
    ...faultsOf(refused),
    ...(dials === 0 ? [] : [`${dials} dials of the bot by nobody`]),
  ];
  keep(bench, { load: FLOODED, round }, live, {
    figures: {
      refused_per_s: forbidden / figure(refused, 'secs'),
      rss_growth_kib: residentKib(pids) - before.kib,
    },
    faults,
  });
}

function keep(
  bench: Bench,
  { load, round }: { load: string; round: number },
  live: Report,
  { figures = {}, faults = faultsOf(live) }: { figures?: Record<string, number>; faults?: string[] },
): void {
  const all = {
    ...figuresOf(live, {
      p50_ms: ['rtt_us.p50', 1e-3],
      p99_ms: ['rtt_us.p99', 1e-3],
      cpu_cores: ['cpu_cores', 1],
    }),
    ...figures,
  };
  const where = { measurement: 'forged', load: `${CALLS} calls`, contestant: `${OURS}, ${load}`, round };
  record(bench, where, live, all, { faults, marks: marksOf(live) });
}

async function calls(bench: Bench, { port, running }: Hookswitch, seconds: number): Promise<Report> {
  const to = { port, path: OPEN_PATH, pids: running.pids() };
  return generate(bench, 'load', { '-n': CALLS, '-d': seconds, '-w': WARM }, to);
}

async function flood(bench: Bench, { port }: Hookswitch, path: string, seconds: number): Promise<Report> {
  return generate(bench, 'forge', { '-n': 500, '-r': RATE, '-d': seconds }, { port, path });
}

/** Ten seconds at least, unless it is only about whether it works. */
function windowOf({ quick, seconds }: { quick: boolean; seconds: number }): number {
  return quick ? seconds : Math.max(10, seconds);
}

/** A token of the right shape whose MAC is not ours: what costs most to refuse. */
function forge([token = '']: readonly string[]): string {
  const last = token.slice(token.indexOf('.') + 1);
  return `${token.slice(0, -last.length)}${last.startsWith('A') ? 'B' : 'A'}${last.slice(1)}`;
}
