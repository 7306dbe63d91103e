import { generate, WARM, type Bench, type Measurement } from '../bench.ts';
import { direct, relays, type Contestant } from '../contestants.ts';
import { figuresOf, marksOf, type Report } from '../wsload.ts';
import { record, withAll } from './rounds.ts';

export const CALLS: readonly number[] = [200, 600, 1000];
/** Messages a second in each direction of a call. */
const RATE = 50;
/** Seconds, of the runs that warm up compilers. */
const MAX_SECONDS = 2;

/** What a message costs, and how late it is, at a steady number of calls. */
export const relay: Measurement = {
  name: 'relay',
  seconds: ({ options, machine }) =>
    options.rounds * (relays(machine).length + 1) * (MAX_SECONDS + 1 + CALLS.length * (options.seconds + 2)),
  run: (bench) =>
    withAll(bench, [direct, ...relays(bench.machine)], async (contestants) => {
      for (let round = 1; round <= bench.options.rounds; round += 1) {
        for (const contestant of contestants) await warmUp(bench, contestant, round);
        for (const calls of CALLS) {
          for (const contestant of contestants) await steady(bench, contestant, { round, calls });
        }
      }
    }),
};

/** For compilers. What goes through at most says nothing of a fast relay: the generator's core is full before its own. */
async function warmUp(bench: Bench, contestant: Contestant, round: number): Promise<void> {
  const { name, pids } = contestant;
  bench.progress.step(
    `relay, round ${round} of ${bench.options.rounds}: ${name}, warming up`,
    MAX_SECONDS + 1,
  );
  const report = await generate(
    bench,
    'max',
    { '-n': 50, '-k': 4, '-d': MAX_SECONDS, '-w': 0.5 },
    { ...contestant, pids: pids() },
  );
  if (name !== direct.name) return;
  const where = { measurement: 'generator', load: 'at most', contestant: name, round };
  record(bench, where, report, figuresOf(report, { msg_per_s: ['msg_per_s', 1] }));
}

async function steady(
  bench: Bench,
  contestant: Contestant,
  { round, calls }: { round: number; calls: number },
): Promise<void> {
  const { options, progress } = bench;
  const { name, pids } = contestant;
  progress.step(`relay, round ${round} of ${options.rounds}: ${name}, ${calls} calls`, options.seconds + 2);
  const report = await generate(
    bench,
    'load',
    { '-n': calls, '-r': RATE, '-d': options.seconds, '-w': WARM },
    { ...contestant, pids: pids() },
  );
  const where = { measurement: 'relay', load: `${calls} calls`, contestant: name, round };
  // Without a relay there is nothing but the generator: it cannot be its own limit.
  const marks = marksOf(report).filter((mark) => name !== direct.name || mark === 'disturbed');
  record(bench, where, report, { ...loadFigures(report), offered_per_s: 2 * RATE * calls }, { marks });
}

/** CPU only where there is a process to watch. */
function loadFigures(report: Report): Record<string, number> {
  return figuresOf(report, {
    ...('cpu_cores' in report ? { cpu_us_per_msg: ['cpu_us_per_msg', 1], cpu_cores: ['cpu_cores', 1] } : {}),
    p50_ms: ['rtt_us.p50', 1e-3],
    p99_ms: ['rtt_us.p99', 1e-3],
    lag_p99_ms: ['lag_us.p99', 1e-3],
  });
}
